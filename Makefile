# The commands that build, run and test orpheus. `make` without a target lists them.
# Each command first installs missing packages and builds what it needs; finished work is not repeated.
PREFIX ?= /usr/local
FUZZ_RUNS ?= 20000
FAULT_MINUTES ?= 15

# `make build GGML_DIR=/opt/ggml` passes the value to CMake, which stores it; `make build GGML_DIR=` removes it.
given = $(if $(filter undefined,$(origin $(1))),,-D$(2)=$(3))
options = $(call given,GGML_DIR,ORPHEUS_GGML_DIR,$(abspath $(GGML_DIR))) $(call given,NATIVE,ORPHEUS_NATIVE,$(NATIVE)) \
  $(call given,GPU,ORPHEUS_GPU,$(GPU)) $(call given,GPU_ARCHITECTURES,ORPHEUS_CUDA_ARCHITECTURES,'$(GPU_ARCHITECTURES)')

.PHONY: help serve build test test-sanitizers test-faults test-clients test-processors test-package lint fuzz install package clean
help:
	@echo 'orpheus: speaks with the Orpheus voices.'
	@echo
	@echo '  make serve             build, then serve http://localhost:5005 (ARGS="--port 5006" for more)'
	@echo '  make build             build; leaves build/release/orpheus'
	@echo '  make test              build and run every test'
	@echo '  make install           put what was built below PREFIX (now $(PREFIX))'
	@echo '  make package           pack it for other machines: a .deb and an archive, in dist/'
	@echo '  make clean             remove build/ and dist/'
	@echo
	@echo 'To work on it:'
	@echo '  make test-sanitizers   the tests under the address and undefined-behaviour sanitizers, then the thread sanitizer'
	@echo '  make test-faults       let every kind of call fail, one at a time, and see what becomes of it ($(FAULT_MINUTES) minutes)'
	@echo '  make test-clients      speak with clients from npm: ElevenLabs, LiveKit, the AI SDK (fetches 400 MB the first time)'
	@echo '  make test-processors   build a portable program, test each level, and let it speak on processors that qemu emulates'
	@echo '  make test-package      unpack and install what is in dist/ in bare Debians and let it speak (needs root)'
	@echo '  make lint              check the format (clang-format 14) and for mistakes (clang-tidy)'
	@echo '  make fuzz              throw $(FUZZ_RUNS) odd inputs at each parser (FUZZ_RUNS=1000000 for more)'
	@echo
	@echo 'Settings, remembered until make clean:'
	@echo '  GPU=cuda               for GPUs too: cuda, vulkan, hip, sycl, several with commas, or auto (GPU= forgets it)'
	@echo '  GPU_ARCHITECTURES=89   the cards that CUDA is built for, where they are not in this machine'
	@echo '  GGML_DIR=PREFIX        use the ggml installed there, one with CUDA perhaps (GGML_DIR= forgets it)'
	@echo '  NATIVE=OFF             a program for x86-64-v2 processors (Intel since 2009, AMD since 2011), not for this one alone'
	@echo 'and for one command:'
	@echo '  JOBS=N                 compilers at once'
	@echo
	@echo 'Packages come from apt where something is missing (tools/install-packages.sh says which and why);'
	@echo "without an installed ggml, its sources come from npm. Both only the first time."

build:
	@tools/install-packages.sh build
	@tools/build.sh release orpheus $(options)

serve: build
	@exec build/release/orpheus serve $(ARGS)

test:
	@tools/install-packages.sh test
	@tools/test.sh release $(options)

test-sanitizers:
	@tools/install-packages.sh test
	@tools/test.sh asan
	@tools/test.sh tsan

test-faults:
	@tools/install-packages.sh test
	@tools/build.sh release orpheus -DORPHEUS_TESTS=ON $(options)
	@tools/build.sh release orpheus_faults
	@tests/faults/try.py build/release/orpheus build/release/faults.so --minutes $(FAULT_MINUTES)

test-clients: build
	@tools/test-clients.sh build/release/orpheus

test-processors:
	@tools/install-packages.sh test
	@tools/install-packages.sh processors
	@tools/make-test-data.sh
	@tools/build.sh portable orpheus -DORPHEUS_TESTS=ON
	@for target in orpheus_shared test_tensor test_snac test_lm_engine; do tools/build.sh portable $$target || exit 1; done
	@ctest --test-dir build/portable --output-on-failure --no-tests=error -R "all tests, |level's kernels|current folder|damaged module"
	@tests/processors_test.sh build/portable/orpheus

lint:
	@tools/install-packages.sh test
	@tools/install-packages.sh lint
	@tools/lint.sh

fuzz:
	@tools/install-packages.sh fuzz
	@tools/build.sh fuzz all -DORPHEUS_FUZZ_RUNS=$(FUZZ_RUNS)
	@ctest --test-dir build/fuzz --output-on-failure --no-tests=error -j 2

install:
	@tools/install-packages.sh build
	@tools/build.sh release all $(options)
	@cmake --install build/release --prefix "$(PREFIX)" || { echo "install: $(PREFIX) did not take it." \
	  'Become root (sudo make install), or choose a place of yours: make install PREFIX=$$HOME/.local' >&2; exit 1; }

# The package is for other machines, so it ignores NATIVE.
package:
	@tools/install-packages.sh package
	@tools/package.sh $(filter-out -DORPHEUS_NATIVE=%,$(options))

test-package:
	@tools/install-packages.sh package
	@tests/package_test.sh dist

clean:
	rm -rf build dist
