#!/usr/bin/env bash
# Downloads OpenAI's client to .deps/openai/node_modules, from the npm package openai. A test uses it.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange() {  # PACKAGE NEW
  mkdir "$2/node_modules"
  cp -r "$1" "$2/node_modules/openai"
}
from_npm openai 6.30.1 175f3e017a9bc14d36dc0f57d2596ee1c7134d7fa181b7d83b2716f69076b03e openai arrange
