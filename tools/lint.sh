#!/usr/bin/env bash
# Checks the sources: their format (clang-format) and then, unless "format" is given, clang-tidy's checks (.clang-tidy).
#
#   tools/lint.sh [format]
set -euo pipefail
cd "$(dirname "$0")/.."

# Versions format differently; the sources follow 14, Debian 12's.
format=$(command -v clang-format-14 || command -v clang-format) || { echo "lint: clang-format is missing" >&2; exit 1; }
case "$("$format" --version)" in
  *"version 14."*) git ls-files -z '*.h' '*.cpp' | xargs -0 "$format" --dry-run --Werror ;;
  *) echo "lint: the format is checked with clang-format 14 only; this is $("$format" --version)" ;;
esac
[ "${1:-}" != format ] || exit 0

tools/build.sh release all -DORPHEUS_TESTS=ON  # headers that are made by the build, and the compile commands
# clang-tidy gets GCC's options from the compile commands; options that clang does not know are ignored.
git ls-files -z 'src/*.cpp' 'tests/*.cpp' 'bench/*.cpp' |
  xargs -0 -n 1 -P "$(nproc 2>/dev/null || sysctl -n hw.ncpu)" \
    clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error
