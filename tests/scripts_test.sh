#!/usr/bin/env bash
# Tests the setup and build scripts: bash can parse each of them, and each explains its usage.
#
#   tests/scripts_test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

num_failed=0
failed() {
  num_failed=$((num_failed + 1))
  printf 'FAILED: %s\n' "$@"
}

for script in tools/*.sh tests/*.sh .ci/run; do
  bash -n "$script" || failed "bash cannot read $script"
done

# With wrong arguments, they print their usage and do nothing.
for call in 'tools/install-packages.sh everything' tools/build.sh tools/test.sh tools/build-slim-libraries.sh 'tools/package.sh all' \
  tools/release-notes.sh tools/release-recipes.sh; do
  status=0
  # shellcheck disable=SC2086
  said=$($call 2>&1) || status=$?
  [ "$status" -eq 2 ] || failed "$call ended with $status:" "$said"
  case "$said" in *"${call%% *}"*) ;; *) failed "$call does not say how it is called:" "$said" ;; esac
done

# The notes of a release: no version but that of CMakeLists.txt, and not before CHANGELOG.md says it is one.
version=$(sed -n 's/^project(orpheus VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
if tools/release-notes.sh 99.0.0 >/dev/null 2>&1; then failed "tools/release-notes.sh takes another version"; fi
if grep -q '^Not released yet' CHANGELOG.md; then
  said=$(tools/release-notes.sh "$version" 2>&1) && failed "tools/release-notes.sh releases $version"
  case "$said" in *"is not released yet"*) ;; *) failed "tools/release-notes.sh says of $version:" "$said" ;; esac
else
  said=$(tools/release-notes.sh "$version") && [ -n "$said" ] || failed "tools/release-notes.sh has no notes for $version"
fi

# Who needs the package, its name, how to detect it, its purpose.
while read -r group package probe what_for; do
  case "$group $probe" in
    "build "*:?* | "test "*:?* | "lint "*:?* | "fuzz "*:?* | "package "*:?* | "processors "*:?* | "vulkan "*:?*) ;;
    *) failed "tools/install-packages.sh: a line that it does not understand: $group $package $probe" ;;
  esac
  [ -n "$what_for" ] || failed "tools/install-packages.sh does not say what $package is for"
done < <(sed -n "/^packages='\$/,/^'\$/p" tools/install-packages.sh | grep -v "'\$")

[ "$num_failed" -eq 0 ]
