#!/usr/bin/env bash
# Builds build/PRESET and runs every test in it.
#
#   tools/test.sh PRESET [-DNAME=VALUE...]
set -euo pipefail
[ $# -ge 1 ] || { sed -n '4p' "$0" >&2; exit 2; }
preset="$1"
shift
cd "$(dirname "$0")/.."

tools/make-test-data.sh

# With wide address randomisation, the thread sanitizer has no room. Randomisation must be off, also while the build runs
# each test program to list its tests.
steady=()
if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then steady=(setarch "$(uname -m)" -R); fi
case "$preset" in asan | tsan) export ORPHEUS_TEST_SECONDS="${ORPHEUS_TEST_SECONDS:-1190}" ;; esac  # below the limit of cmake/Folder.cmake
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
${steady[@]+"${steady[@]}"} tools/build.sh "$preset" all -DORPHEUS_TESTS=ON "$@"
exec ${steady[@]+"${steady[@]}"} ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j 2
