#!/usr/bin/env bash
# Checks the format of the sources (clang-format). Without "format", also runs clang-tidy (.clang-tidy).
#
#   tools/lint.sh [format]
set -euo pipefail
cd "$(dirname "$0")/.."

# Versions of clang-format differ; the sources use version 14 of Debian 12.
format=$(command -v clang-format-14 || command -v clang-format) || { echo "lint: clang-format is missing" >&2; exit 1; }
case "$("$format" --version)" in
  *"version 14."*) git ls-files -z '*.h' '*.cpp' | xargs -0 "$format" --dry-run --Werror ;;
  *) echo "lint: the format is checked with clang-format 14 only; this is $("$format" --version)" ;;
esac
[ "${1:-}" != format ] || exit 0

tools/build.sh release all -DORPHEUS_TESTS=ON  # creates generated headers and the compile commands
# clang-tidy gets GCC's options from the compile commands; options that clang does not know are ignored.
git ls-files -z 'src/*.cpp' 'tests/*.cpp' 'bench/*.cpp' |
  xargs -0 -n 1 -P "$(nproc 2>/dev/null || sysctl -n hw.ncpu)" \
    clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error
