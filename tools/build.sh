#!/usr/bin/env bash
# Configures build/PRESET if needed, then builds TARGET there. A second run repeats no work.
#
#   tools/build.sh PRESET TARGET [-DNAME=VALUE...]
#
# A new build folder has no tests unless -DORPHEUS_TESTS=ON is given, so users need no test library.
# JOBS=N sets the number of parallel compilers.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '4p' "$0" >&2; exit 2; }
preset="$1" target="$2"
shift 2
cd "$(dirname "$0")/.."
build="build/$preset" cache="build/$preset/CMakeCache.txt"

fail() { printf 'build: %s\n' "$@" >&2; exit 1; }
cached() { [ ! -f "$cache" ] || sed -n "s/^$1:[A-Z]*=//p" "$cache"; }

have=$(cmake --version 2>/dev/null | awk 'NR == 1 {print $3}') || fail "cmake is missing: tools/install-packages.sh installs it."
[ "$(printf '%s\n' 3.25 "$have" | sort -V | head -1)" = 3.25 ] ||
  fail "CMake 3.25 or newer is needed, this one is $have (Debian 12 and Ubuntu 23.04 have it; 'pip install cmake' too)."

{ mkdir -p "$build" && exec 9>"$build/.lock"; } 2>/dev/null ||
  fail "$PWD/$build cannot be written to by $(id -un)." \
    "Did another user build here, root with sudo perhaps? Let that user run make clean, then try again."
if command -v flock >/dev/null; then flock 9; fi  # of two concurrent builds, the second waits and finds the work done

# CMake writes absolute paths, so a checkout that was moved or copied needs a new build folder.
made_for=$(cached CMAKE_HOME_DIRECTORY)
if [ -n "$made_for" ] && ! [ "$made_for" -ef . ]; then
  echo "build: $build was made for $made_for; making it anew"
  find "$build" -mindepth 1 -not -name .lock -delete
fi

# The meaning of "native" is read when configuring (cmake/Processor.cmake), so another processor configures again.
processor=$(grep -m 1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null || uname -m)
configure=()
[ -f "$cache" ] || configure+=(-DORPHEUS_TESTS=OFF)
for option in "$@"; do
  name="${option#-D}" name="${name%%=*}" value="${option#*=}"
  if [ ! -f "$cache" ] || [ "$(cached "$name")" != "$value" ]; then configure+=("$option"); fi
done
if [ ${#configure[@]} -gt 0 ] || [ ! -f "$build/build.ninja" ] || [ "$processor" != "$(cat "$build/.processor" 2>/dev/null)" ]; then
  rm -f "$build/.processor"  # after a failed configuration, the next run configures again
  # Once there is a cache, the preset would undo what was chosen since, such as the tests of a portable program.
  if [ -f "$cache" ]; then at=(-S . -B "$build"); else at=(--preset "$preset"); fi
  cmake "${at[@]}" ${configure[@]+"${configure[@]}"}
  printf '%s' "$processor" > "$build/.processor"
fi

# One compiler per core, and at most one per GiB of memory.
jobs="${JOBS:-}"
if [ -z "$jobs" ]; then
  jobs=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
  gib=$(awk '/^MemTotal/ {print int($2 / 1048576) + 1}' /proc/meminfo 2>/dev/null || true)
  [ -n "$gib" ] && [ "$gib" -lt "$jobs" ] && jobs="$gib"
fi
exec ninja -C "$build" -j "$jobs" "$target"
