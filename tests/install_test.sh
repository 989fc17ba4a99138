#!/usr/bin/env bash
# What is installed serves others: both examples are built against an install tree, once by pkg-config and once by CMake,
# and speak.
#
#   install_test.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build="$1" source="$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"  # where the built-in voice is made

fail() { printf 'install_test: %s\n' "$*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >/dev/null
library=$(dirname "$(find "$work/prefix" -name 'liborpheus.so' -o -name 'liborpheus.dylib' | head -1)")
[ -x "$work/prefix/bin/orpheus" ] || fail "no program was installed"

if [ "$(uname)" = Linux ]; then
  for unit in orpheus.service orpheus-pull@.service; do
    grep -q "^ExecStart=$work/prefix/bin/orpheus " "$work/prefix/lib/systemd/system/$unit" || fail "$unit starts another program"
  done
fi

# C, with pkg-config.
export PKG_CONFIG_PATH="$library/pkgconfig"
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror "$source/examples/speak.c" -o "$work/speak" $(pkg-config --cflags --libs orpheus) -lm
LD_LIBRARY_PATH="$library" "$work/speak" "Hello from C." >"$work/hello.pcm"
bytes=$(wc -c <"$work/hello.pcm")
[ "$bytes" -gt 0 ] && [ $((bytes % 4096)) = 0 ] || fail "the C example gave $bytes bytes, which are no whole frames"
if LD_LIBRARY_PATH="$library" "$work/speak" "" >/dev/null 2>"$work/complaint"; then fail "an empty text was spoken"; fi
grep -q 'nothing to speak' "$work/complaint" || fail "an empty text was refused with: $(cat "$work/complaint")"

# What speaks when no model is named: the small voice that is installed beside it. Where none ships, another stands in.
voice="$work/prefix/share/orpheus/voices/small"
[ -e "$voice/lm.gguf" ] || "$work/prefix/bin/orpheus" synth-voice "$voice" --seed 2 2>/dev/null
hello() {  # [FLAGS...]
  XDG_DATA_HOME="$work/data" "$work/prefix/bin/orpheus" say Hello. --seed 1 --threads 1 "$@" -o "$work/small.pcm" 2>/dev/null
  cksum <"$work/small.pcm"
}
[ "$(hello)" = "$(hello --model "$voice/lm.gguf" --codec "$voice/codec.gguf")" ] ||
  fail "the program does not speak with the small voice that is installed"
[ ! -e "$work/data/orpheus/voices" ] || fail "a voice of random weights was made though a small one is installed"

# C++, with CMake, as another project.
cmake -S "$source/examples" -B "$work/examples" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/examples" >/dev/null
"$work/examples/speak_cpp" "Hello from C++." | grep -Eq 'speaks for [0-9.]+ s' || fail "the C++ example did not speak"

# Nothing but the interface is shown.
others=$(nm -D --defined-only "$library/liborpheus.so" 2>/dev/null | awk '{print $3}' | grep -v '^orpheus_' | head -3 || true)
[ -z "$others" ] || fail "the library shows more than its interface: $others"
