#!/usr/bin/env bash
# Downloads Llama-3's tokens and merges to .deps/llama3-vocabulary/vocabulary.json, from the npm package
# llama3-tokenizer-js. The tests of the tokenizer use them.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange() {  # PACKAGE NEW
  command -v node >/dev/null || from_npm_fail "node is missing: tools/install-packages.sh test installs it"
  node tools/dump-llama3-vocabulary.mjs "$1" "$2/vocabulary.json"
  cp "$1/LICENSE.md" "$2/"
}
from_npm llama3-tokenizer-js 1.2.0 51084690c7239708a3eb6adead1173bfd61b1f4d31cb0b8487e12ba466346ff0 llama3-vocabulary arrange
