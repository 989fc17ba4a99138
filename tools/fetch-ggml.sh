#!/usr/bin/env bash
# Downloads the sources of ggml to .deps/ggml: the C and C++ files of the npm package llama.rn, without the prefix that the
# package adds to every symbol. Not needed with an installed ggml: Debian's libggml-dev, or make build GGML_DIR=PREFIX.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange() {  # PACKAGE NEW
  cp -r "$1"/cpp/ggml* "$1"/cpp/gguf* "$1"/cpp/LICENSE "$2/"
  rm -rf "$2"/ggml-opencl* "$2"/ggml-hexagon*
  # lm_ggml_x, LM_GGML_X, lm_gguf_x, LM_GGUF_X → ggml_x, …; also within longer names (g_lm_ggml_x). Without sed -i, whose
  # syntax differs between systems.
  find "$2" -type f | while read -r file; do
    LC_ALL=C sed -E 's/lm_(ggml|gguf)/\1/g; s/LM_(GGML|GGUF)/\1/g' "$file" > "$1/unprefixed"
    mv "$1/unprefixed" "$file"
  done
  grep -q 'ggml_mul_mat(' "$2/ggml.h" || from_npm_fail "the package is not laid out as expected"
}
from_npm llama.rn 0.12.9 7069fbf1db95f07cfd9bfbbd0d160be5c0d329c5985868e00c3248338598bca5 ggml arrange
