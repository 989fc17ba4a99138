#!/usr/bin/env bash
# Prints the notes of a release: the version's section of CHANGELOG.md. Fails if the version has no section, or is not the
# version in CMakeLists.txt, or still says "Not released yet."
#
#   tools/release-notes.sh VERSION
set -euo pipefail
[ $# -eq 1 ] || { sed -n '5p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
fail() { printf 'release-notes: %s\n' "$*" >&2; exit 1; }

built=$(sed -n 's/^project(orpheus VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ "$1" = "$built" ] || fail "the version is $built in CMakeLists.txt, not $1"
notes=$(awk -v version="$1" '/^## / { inside = ($2 == version); next } inside' CHANGELOG.md | sed '/./,$!d')
[ -n "$notes" ] || fail "CHANGELOG.md has no section $1"
case "$notes" in *"Not released yet."*) fail "CHANGELOG.md says that $1 is not released yet" ;; esac
printf '%s\n' "$notes"
