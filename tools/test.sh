#!/usr/bin/env bash
# Builds build/PRESET and runs every test in it.
#
#   tools/test.sh PRESET [-DNAME=VALUE...]
set -euo pipefail
[ $# -ge 1 ] || { sed -n '4p' "$0" >&2; exit 2; }
preset="$1"
shift
cd "$(dirname "$0")/.."

# Fetches the data that tests compare with and that is not in the repository. Does nothing if .deps/ has it already.
tools/fetch-llama3-vocabulary.sh
tools/fetch-openai-client.sh
tools/fetch-page-tools.sh
tools/fetch-kubernetes-schemas.sh
# numpy may belong to the system's Python while another Python is first on the PATH.
python=python3
python3 -c 'import numpy' 2>/dev/null || python=/usr/bin/python3
"$python" tools/make-golden-voice.py

# If the kernel randomises addresses widely, the thread sanitizer has no room. It needs randomisation turned off, also while
# the build asks each test program for its list of tests.
steady=()
if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then steady=(setarch "$(uname -m)" -R); fi
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
${steady[@]+"${steady[@]}"} tools/build.sh "$preset" all -DORPHEUS_TESTS=ON "$@"
exec ${steady[@]+"${steady[@]}"} ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j 2
