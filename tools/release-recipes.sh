#!/usr/bin/env bash
# Writes the Homebrew formula of a release: packaging/homebrew/orpheus.rb with the address and the checksum of its sources.
#
#   tools/release-recipes.sh SOURCE_URL SOURCE_SHA256 FOLDER
set -euo pipefail
[ $# -eq 3 ] || { sed -n '4p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
case "$2" in *[!0-9a-f]* | "") echo "release-recipes: $2 is no SHA-256" >&2; exit 1 ;; esac
mkdir -p "$3"
sed "s,@SOURCE_URL@,$1,; s,@SOURCE_SHA256@,$2,; s,@HOMEPAGE@,${1%/archive/*}," packaging/homebrew/orpheus.rb >"$3/orpheus.rb"
