#!/usr/bin/env bash
# Puts the sources of ggml 0.25.1, with all of its back ends, into .deps/ggml. The npm package node-llama-cpp carries them in
# a git bundle of llama.cpp. Not needed with an installed ggml: Debian's libggml-dev, or make build GGML_DIR=PREFIX.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange() {  # PACKAGE NEW
  command -v git >/dev/null || from_npm_fail "git, which unpacks ggml's sources, is missing: tools/install-packages.sh installs it."
  git init -q --bare "$1/llama.cpp"
  git -C "$1/llama.cpp" fetch -q "$PWD/$1/llama/gitRelease.bundle" HEAD
  git -C "$1/llama.cpp" archive FETCH_HEAD LICENSE ggml | tar x -C "$2" --strip-components 1 ggml
  git -C "$1/llama.cpp" archive FETCH_HEAD LICENSE | tar x -C "$2"
  [ -f "$2/include/ggml.h" ] || from_npm_fail "the package is not laid out as expected"
}
from_npm node-llama-cpp 3.22.1 a0d9dd80eacd2ab1cfe71aee57ac8a806487fd70b3d2a38fbec637752d9e5c5f ggml arrange
