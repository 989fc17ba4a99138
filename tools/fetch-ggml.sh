#!/usr/bin/env bash
# Lays the sources of ggml into .deps/ggml: the C and C++ files that the npm package llama.rn carries, with the prefix
# that it gives to every symbol taken off again. Does nothing when they are there already. The folder appears whole or
# not at all; several runs at once wait for the first.
set -euo pipefail
package=llama.rn version=0.12.9
sha256=7069fbf1db95f07cfd9bfbbd0d160be5c0d329c5985868e00c3248338598bca5  # of the tarball: what is built is what was tried
archive="$package-$version.tgz" stamp="$package@$version"

fail() { printf 'fetch-ggml: %s\n' "$@" >&2; exit 1; }
is_there() { [ "$(cat .deps/ggml/.stamp 2>/dev/null)" = "$stamp" ]; }

cd "$(dirname "$0")/.."
is_there && exit 0
mkdir -p .deps
exec 9>.deps/ggml.lock
if command -v flock >/dev/null; then flock 9; fi
is_there && exit 0
rm -rf .deps/ggml-fetch.*  # what a killed run left
work=$(mktemp -d .deps/ggml-fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT

if [ -f ".deps/$archive" ]; then
  cp ".deps/$archive" "$work/"
else
  command -v npm >/dev/null || fail "npm, which fetches ggml's sources, is missing: tools/install-packages.sh installs it." \
    "Without npm or a network: install libggml-dev, or name an installed ggml (make build GGML_DIR=PREFIX)."
  echo "fetch-ggml: taking ggml's sources from the npm package $stamp"
  said=$(cd "$work" && npm pack --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=2000 "$stamp" 2>&1) ||
    fail "npm could not fetch $stamp:" "$said" \
      "Is there a network, and does 'npm ping' answer? Without: copy $archive or the folder .deps/ggml" \
      "from another machine into .deps/, install libggml-dev, or name an installed ggml (make build GGML_DIR=PREFIX)."
fi
found=$({ sha256sum "$work/$archive" 2>/dev/null || shasum -a 256 "$work/$archive"; } | cut -d ' ' -f 1)
[ "$found" = "$sha256" ] || fail "$archive is not the one that was tried (expected sha256 $sha256, found $found)." \
  "Remove it if it lies in .deps/; otherwise the registry that npm asks serves other bytes."

said=$(tar xzf "$work/$archive" -C "$work" package/cpp 2>&1) ||
  fail "$archive could not be unpacked: ${said%%$'\n'*}"
source="$work/package/cpp"
mkdir "$work/ggml"
cp -r "$source"/ggml* "$source"/gguf* "$source"/LICENSE "$work/ggml/"
rm -rf "$work/ggml/ggml-opencl"* "$work/ggml/ggml-hexagon"*
# lm_ggml_x, LM_GGML_X, lm_gguf_x, LM_GGUF_X → ggml_x, …; also inside longer names (g_lm_ggml_x). Not sed -i: its
# spelling differs between systems.
find "$work/ggml" -type f | while read -r file; do
  LC_ALL=C sed -E 's/lm_(ggml|gguf)/\1/g; s/LM_(GGML|GGUF)/\1/g' "$file" > "$work/unprefixed"
  mv "$work/unprefixed" "$file"
done
grep -q 'ggml_mul_mat(' "$work/ggml/ggml.h" || fail "$stamp is not laid out as expected."
echo "$stamp" > "$work/ggml/.stamp"
rm -rf .deps/ggml
mv "$work/ggml" .deps/ggml
