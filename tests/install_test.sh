#!/usr/bin/env bash
# Tests an installation: builds the examples and the programs of docs/library.md with the installed library, with pkg-config and
# CMake, and runs them. With the same seed, the library, the program and the server must give the same samples.
#
#   install_test.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build="$1" source="$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"  # folder of the built-in voice

fail() { printf 'install_test: %s\n' "$*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >/dev/null
library=$(dirname "$(find "$work/prefix" -name 'liborpheus.so' -o -name 'liborpheus.dylib' | head -1)")
[ -x "$work/prefix/bin/orpheus" ] || fail "no program was installed"

if [ "$(uname)" = Linux ]; then
  "$source/tests/run_paths_test.sh" "$work/prefix" || [ $? = 77 ] || fail "an installed file looks for libraries in the current folder"
  for unit in orpheus.service orpheus-pull@.service; do
    grep -q "^ExecStart=$work/prefix/bin/orpheus " "$work/prefix/lib/systemd/system/$unit" || fail "$unit starts another program"
  done
fi

# C, with pkg-config.
export PKG_CONFIG_PATH="$library/pkgconfig"
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror "$source/examples/speak.c" -o "$work/speak" $(pkg-config --cflags --libs orpheus) -lm
"$work/speak" "Hello from C." >"$work/hello.pcm"  # as documented: no ldconfig, no LD_LIBRARY_PATH
bytes=$(wc -c <"$work/hello.pcm")
[ "$bytes" -gt 0 ] && [ $((bytes % 4096)) = 0 ] || fail "the C example gave $bytes bytes, which are no whole frames"
if "$work/speak" "" >/dev/null 2>"$work/complaint"; then fail "an empty text was spoken"; fi
grep -q 'nothing to speak' "$work/complaint" || fail "an empty text was refused with: $(cat "$work/complaint")"

# The programs in docs/library.md.
awk -v folder="$work" '
  /^```/ && out { close(out); out = ""; next }
  /^```c$/ { out = folder "/shown.c" }
  /^```cpp$/ { out = folder "/shown.cpp" }
  /^```/ { next }
  out { print > out }' "$source/docs/library.md"
flags=$(pkg-config --cflags --libs orpheus)
# shellcheck disable=SC2086
cc -std=c11 -Wall -Wextra -Werror "$work/shown.c" -o "$work/shown_c" $flags -lm
# shellcheck disable=SC2086
c++ -std=c++20 -Wall -Wextra -Werror "$work/shown.cpp" -o "$work/shown_cpp" $flags
"$work/shown_c" >"$work/shown.pcm" 2>"$work/pieces"
[ -s "$work/shown.pcm" ] || fail "the C program of docs/library.md made no sound: $(cat "$work/pieces")"
[ ! -e "$work/prefix/share/orpheus/voices/small/lm.gguf" ] || grep -q '^2 of 2: ' "$work/pieces" || fail "the C program of docs/library.md told no pieces: $(cat "$work/pieces")"
"$work/shown_cpp" | grep -Eq '^orpheus [0-9.]+ spoke for [0-9.]+ s$' || fail "the C++ program of docs/library.md did not speak"

# Without --model, the installed small voice speaks. If the checkout has none, another voice replaces it.
voice="$work/prefix/share/orpheus/voices/small"
[ -e "$voice/lm.gguf" ] || "$work/prefix/bin/orpheus" synth-voice "$voice" --seed 2 2>/dev/null
hello() {  # [FLAGS...]
  XDG_DATA_HOME="$work/data" "$work/prefix/bin/orpheus" say Hello. --seed 1 --threads 1 "$@" -o "$work/small.pcm" 2>/dev/null
  cksum <"$work/small.pcm"
}
[ "$(hello)" = "$(hello --model "$voice/lm.gguf" --codec "$voice/codec.gguf")" ] ||
  fail "the program does not speak with the small voice that is installed"
[ ! -e "$work/data/orpheus/voices" ] || fail "a voice of random weights was made though a small one is installed"

# With the same voice and seed, the library, the program and the server give the same samples.
program() { XDG_DATA_HOME="$work/data" "$work/prefix/bin/orpheus" "$@"; }
program say "Hello from C." --seed 1 --quiet -o "$work/said.pcm"
cmp "$work/said.pcm" "$work/hello.pcm" || fail "orpheus say and the library make other samples of one seed"
if command -v curl >/dev/null; then
  XDG_DATA_HOME="$work/data" "$work/prefix/bin/orpheus" serve --port 0 2>"$work/server.log" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
  address=""
  for _ in $(seq 600); do
    address=$(sed -n 's/^.* serving .* at //p' "$work/server.log")
    [ -z "$address" ] || break
    sleep 0.1
  done
  [ -n "$address" ] || fail "the installed program does not serve: $(cat "$work/server.log")"
  curl -fsS --noproxy '*' "$address/v1/audio/speech" -o "$work/served.pcm" \
    -d '{"input": "Hello from C.", "seed": 1, "response_format": "pcm"}' || fail "the installed server does not speak"
  kill "$server"
  wait "$server" || fail "the installed server ended with $?"
  cmp "$work/served.pcm" "$work/hello.pcm" || fail "the server and the library make other samples of one seed"
fi

# Other installed files.
share="$work/prefix/share"
for file in man/man1/orpheus.1 doc/orpheus/LICENSE bash-completion/completions/orpheus zsh/site-functions/_orpheus \
  fish/vendor_completions.d/orpheus.fish; do
  [ -s "$share/$file" ] || fail "share/$file was not installed"
done
if grep -q "$HOME/\|$source" "$share/man/man1/orpheus.1"; then fail "the manual page names folders of this machine"; fi

# C++ with CMake, as a separate project.
cmake -S "$source/examples" -B "$work/examples" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/examples" >/dev/null
"$work/examples/speak_cpp" "Hello from C++." | grep -Eq 'speaks for [0-9.]+ s' || fail "the C++ example did not speak"

# The CMake lines of docs/library.md, with its C++ program. Guards against a version that the installed package refuses.
mkdir "$work/shown"
{
  printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(speak CXX)' 'set(CMAKE_CXX_STANDARD 20)' 'add_executable(speak ../shown.cpp)'
  awk '/^```cmake$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$source/docs/library.md"
} >"$work/shown/CMakeLists.txt"
grep -q '^find_package(orpheus' "$work/shown/CMakeLists.txt" || fail "docs/library.md shows no CMake"
cmake -S "$work/shown" -B "$work/shown/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null 2>"$work/complaint" ||
  fail "CMake does not take what docs/library.md shows: $(cat "$work/complaint")"
cmake --build "$work/shown/build" >/dev/null

# The library exports only its interface.
others=$(nm -D --defined-only "$library/liborpheus.so" 2>/dev/null | awk '{print $3}' | grep -v '^orpheus_' | head -3 || true)
[ -z "$others" ] || fail "the library shows more than its interface: $others"
