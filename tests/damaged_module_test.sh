#!/usr/bin/env bash
# Damages the modules of a portable program (ORPHEUS_NATIVE=OFF), or removes them. The program uses another module, or says what is
# missing. Guards against: the dynamic linker maps a module that is cut, and SIGBUS ends every command, doctor too.
#
#   damaged_module_test.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_DATA_HOME="$work/data"
unset "${!ORPHEUS_@}"
mkdir "$work/home"
cd "$work"

fail() { echo "damaged module: $*" >&2; exit 1; }
cp "$program" orpheus
[ ! -e "$(dirname "$program")/voices" ] || ln -s "$(realpath "$(dirname "$program")/voices")" voices
anew() { rm -rf ggml-modules && cp -a "$(dirname "$program")/ggml-modules" ggml-modules; }
expect() {  # EXIT_CODE ARGUMENTS…: its output is in said.txt
  local expected="$1" rc=0
  shift
  ./orpheus "$@" > said.txt 2>&1 || rc=$?
  [ "$rc" = "$expected" ] || fail "'$*' should end with $expected, it ended with $rc: $(cat said.txt)"
}
tells() { grep -qF "$1" said.txt || fail "no \"$1\" in: $(cat said.txt)"; }
say() { expect "$1" say "Hello there." --seed 1 --proof off -o said.wav; }

anew
expect 0 devices
[ "$(grep -c . said.txt)" = 1 ] || fail "whole modules should give one line: $(cat said.txt)"
variants=$(cd ggml-modules && ls libggml-cpu-*.so)
[ "$(wc -w <<<"$variants")" -ge 2 ] || fail "the program has the modules $variants"

# One of them is damaged: another one serves, and doctor names the file. Each fault ends dlopen() with a signal or with an error.
cut() { truncate -s "$1" "$2"; }
blank() { truncate -s "$1" "$2"; truncate -s "$3" "$2"; }
for module in $variants; do
  size=$(stat -c %s "ggml-modules/$module")
  for fault in "cut 0" "cut 64" "cut 4096" "cut $((size / 2))" "cut $((size - 1))" "blank 8192" "blank 0"; do
    anew
    # shellcheck disable=SC2086
    ${fault% *} ${fault#* } "ggml-modules/$module" "$size"
    expect 0 devices
    tells "CPU"
    tells "$work/ggml-modules/$module"
  done
  expect 0 doctor --port 0
  tells "$work/ggml-modules/$module"
  tells "Install the program again"
  say 0
done

# Not a file.
anew
first=${variants%%$'\n'*}
rm "ggml-modules/$first"
mkfifo "ggml-modules/$first"
expect 0 devices
tells "$work/ggml-modules/$first"

# All are damaged, then none is there.
anew
for module in $variants; do truncate -s 4096 "ggml-modules/$module"; done
for state in damaged missing; do
  [ "$state" = damaged ] || rm ggml-modules/libggml-cpu-*.so
  say 5
  tells "no kernels for this processor"
  tells "install it again"
  expect 5 devices
  tells "no kernels for this processor"
  expect 5 doctor --port 0
  tells "no kernels for this processor"
done
