#!/usr/bin/env bash
# Guards against: the program runs code, or speaks with a voice, that a stranger left in the current folder. A shell that finds the
# program in PATH calls it by a bare word. Taken as a path, this word names a file or folder of the current folder, and modules and
# voices would be looked for beside it. A run path of the program may also name the current folder.
#
#   planted_test.sh PROGRAM MODULE      MODULE tells on standard error that it was loaded
set -euo pipefail
program=$(realpath "$1")
module=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_DATA_HOME="$work/data"
unset "${!ORPHEUS_@}"
fail() { echo "planted: $*" >&2; exit 1; }

mkdir -p "$work/home" "$work/a/here/orpheus"
cd "$work/a/here"
for folder in orpheus ggml-modules ../lib/orpheus; do
  mkdir -p "$folder"
  cp "$module" "$folder/libggml-cuda.so"
done
for folder in voices ../share/orpheus/voices; do
  mkdir -p "$folder/small"
  echo "no voice" | tee "$folder/small/lm.gguf" > "$folder/small/codec.gguf"
done

# The module does tell: the dynamic linker loads it into any program.
LD_PRELOAD="$module" /bin/true 2>&1 | grep -q "planted module is loaded" || fail "$module does not tell that it is loaded"

for name in orpheus ./orpheus voices/orpheus "$work/a/here/orpheus" ""; do
  said=$( (exec -a "$name" "$program" devices) 2>&1) || fail "called \"$name\", devices ended with $?: $said"
  ! grep -q "planted module is loaded" <<<"$said" || fail "called \"$name\", the program loads a module of the current folder"
  said=$( (exec -a "$name" "$program" say "Hello." --proof off -o said.wav) 2>&1) ||
    fail "called \"$name\", say ended with $?: $said"
done

# Nor does the dynamic linker take a library from there, of those that the program or its libraries need.
if [ "$(uname)" = Linux ]; then
  mkdir "$work/libraries"
  cd "$work/libraries"
  while read -r library; do cp "$module" "./$library"; done < <(ldd "$program" | awk '$2 == "=>" {print $1}')
  [ -n "$(ls)" ] || fail "the program needs no libraries"
  said=$("$program" devices 2>&1) || fail "beside libraries of a stranger, devices ended with $?: $said"
  ! grep -q "planted module is loaded" <<<"$said" || fail "the program loads a library of the current folder"
fi
