#!/usr/bin/env bash
# Lays Llama-3's tokens and merges into .deps/llama3-vocabulary/vocabulary.json, from the npm package
# llama3-tokenizer-js: the tokenizer's tests read them. Does nothing when they are there already.
set -euo pipefail
package="llama3-tokenizer-js" version="1.2.0"
cd "$(dirname "$0")/.."
target=.deps/llama3-vocabulary stamp="$package@$version"
[ "$(cat "$target/.stamp" 2>/dev/null)" = "$stamp" ] && exit 0

for program in npm node; do
  command -v $program >/dev/null || { echo "fetch-llama3-vocabulary: $program is missing; tools/install-packages.sh installs it" >&2; exit 1; }
done
echo "fetch-llama3-vocabulary: taking Llama-3's vocabulary from the npm package $stamp"
mkdir -p .deps
work=$(mktemp -d .deps/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$stamp" >/dev/null && tar xzf ./*.tgz)

mkdir "$work/vocabulary"
node tools/dump-llama3-vocabulary.mjs "$work/package" "$work/vocabulary/vocabulary.json"
cp "$work/package/LICENSE.md" "$work/vocabulary/"
echo "$stamp" > "$work/vocabulary/.stamp"
rm -rf "$target"
mv "$work/vocabulary" "$target"
