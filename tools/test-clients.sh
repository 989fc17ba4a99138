#!/usr/bin/env bash
# Installs unmodified clients from npm in .deps/clients (some 400 MB), and tests the program with them: ElevenLabs' SDK, LiveKit's
# plugins, the AI SDK. tests/clients/ has the test and the packages' versions.
#
#   tools/test-clients.sh PROGRAM
set -euo pipefail
[ $# -eq 1 ] || { sed -n '5p' "$0" >&2; exit 2; }
program=$(realpath "$1")
cd "$(dirname "$0")/.."
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "test-clients: $tool is missing: install nodejs and npm." >&2; exit 1; }
done

folder=.deps/clients
if ! cmp -s tests/clients/package.json "$folder/installed.json"; then
  echo "test-clients: fetching the clients from npm"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp tests/clients/package.json "$folder/"
  npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error
  cp tests/clients/package.json "$folder/installed.json"
fi
exec node tests/clients/clients_test.mjs "$program" "$folder"
