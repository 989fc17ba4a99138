#!/usr/bin/env bash
# Lays the sources of ggml into .deps/ggml: the C and C++ files that the npm package llama.rn carries,
# with the prefix that it gives to every symbol taken off again. Does nothing when they are there already.
set -euo pipefail
package="llama.rn" version="0.12.9"
cd "$(dirname "$0")/.."
target=.deps/ggml stamp="$package@$version"
[ "$(cat "$target/.stamp" 2>/dev/null)" = "$stamp" ] && exit 0

command -v npm >/dev/null || { echo "fetch-ggml: npm is missing; tools/install-packages.sh installs it" >&2; exit 1; }
echo "fetch-ggml: taking ggml's sources from the npm package $stamp"
mkdir -p .deps
work=$(mktemp -d .deps/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$stamp" >/dev/null && tar xzf ./*.tgz)

source="$work/package/cpp"
mkdir "$work/ggml"
cp -r "$source"/ggml* "$source"/gguf* "$source"/LICENSE "$work/ggml/"
rm -rf "$work/ggml/ggml-opencl"* "$work/ggml/ggml-hexagon"*
# lm_ggml_x, LM_GGML_X, lm_gguf_x, LM_GGUF_X → ggml_x, …; also inside longer names (g_lm_ggml_x).
find "$work/ggml" -type f -exec sed -i -E 's/lm_(ggml|gguf)/\1/g; s/LM_(GGML|GGUF)/\1/g' {} +
grep -q 'ggml_mul_mat(' "$work/ggml/ggml.h" || { echo "fetch-ggml: the package's layout is not the expected one" >&2; exit 1; }
echo "$stamp" > "$work/ggml/.stamp"
rm -rf "$target"
mv "$work/ggml" "$target"
