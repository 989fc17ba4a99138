#!/usr/bin/env bash
# Tests that docs/install.md lists every file of the program that calls POSIX: the work list of a port to another system. Guards against
# such a call in a new file, and against a list that is out of date.
#
#   tests/platform_test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
headers='unistd|fcntl|poll|dlfcn|pthread|sched|termios|netdb|pwd|glob|dirent|spawn|malloc|arpa/[a-z]+|netinet/[a-z]+|sys/[a-z]+'
num_failed=0
failed() {
  num_failed=$((num_failed + 1))
  printf 'FAILED: %s\n' "$@"
}

# Files that CMake chooses by a check of its own; each has another that any system can compile.
chosen='src/cli/steady_heap_of_glibc.cpp src/tensor/large_pages_by_advice.cpp src/tensor/usable_cores_by_affinity.cpp'

# .cpp and .h files of the program itself.
calling=$(grep -rlE --include='*.cpp' --include='*.h' --include='*.hpp' "#include <($headers)\.h>" src include | grep -vE '_test\.cpp$|/testing/' | sort)
listed=$(grep -oE '^\| `src/[a-z_/]+\.(cpp|h)`' docs/install.md | grep -oE 'src/[a-z_/.]+' | sort)
[ -n "$listed" ] || failed "docs/install.md lists no files"
for file in $calling; do
  case " $chosen " in *" $file "*) continue ;; esac
  grep -qxF "$file" <<<"$listed" || failed "$file includes a header of POSIX, and docs/install.md does not list it"
done
for file in $listed; do
  [ -e "$file" ] || failed "docs/install.md lists $file, which does not exist"
done
for file in src/*/*_posix.cpp src/*/*/*_posix.cpp; do
  grep -qxF "$file" <<<"$listed" || failed "docs/install.md does not list $file"
done
[ "$num_failed" -eq 0 ]
