#!/usr/bin/env bash
# Tests the packages in FOLDER on systems with nothing else installed: bare Debians that debootstrap makes (and keeps below
# ORPHEUS_BARE_DEBIANS). Guards against a library, a voice or a dependency that only the building machine has, and against
# maintainer scripts that touch what a user made.
#
#   tests/package_test.sh [FOLDER]        default: dist; as root. Without root or debootstrap it ends with 77: skipped.
#
# The archive speaks in Debian 12 and 13, the .deb in Debian 12. A recogniser of this machine (tests/oracle/hears_words.py) must hear the
# words in a .wav of "say" and an mp3 of "serve". There is no systemd: a stand-in for systemctl records what the maintainer scripts ask for.
set -euo pipefail
dist=$(realpath "${1:-dist}")
here=$(dirname "$(realpath "$0")")
roots="${ORPHEUS_BARE_DEBIANS:-${XDG_CACHE_HOME:-$HOME/.cache}/orpheus-bare-debians}"

skip() { printf 'package_test: skipped: %s\n' "$*"; exit 77; }
fail() { printf 'package_test: FAILED: %s\n' "$*" >&2; exit 1; }
ok() { printf 'package_test: ok: %s\n' "$*"; }

[ "$(id -u)" -eq 0 ] || skip "only root may make a bare Debian"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
[ -e "$dist/SHA256SUMS" ] || fail "$dist has no SHA256SUMS: make package makes it"
(cd "$dist" && sha256sum --quiet -c SHA256SUMS) || fail "SHA256SUMS does not hold"
# Packages of another version may be in the folder too.
listed() { sed -n "s,^[0-9a-f]*  \\($1\\)\$,$dist/\\1,p" "$dist/SHA256SUMS"; }
archive=$(listed 'orpheus-[^-]*-linux-[^-]*\.tar\.xz')
deb=$(listed 'orpheus_.*\.deb')
[ -f "$archive" ] && [ -f "$deb" ] || fail "SHA256SUMS should name one archive and one .deb: '$archive' '$deb'"

hears=1
/usr/bin/python3 -c 'import pocketsphinx, numpy' 2>/dev/null && command -v ffmpeg >/dev/null || hears=0
[ $hears = 1 ] || echo "package_test: no recogniser here (python3-pocketsphinx, pocketsphinx-en-us, python3-numpy, ffmpeg): sound is measured, not heard"
check_sound() {  # FILE
  if [ $hears = 1 ]; then
    "$here/oracle/hears_words.py" "$1" "hello there" || fail "$1 does not say it"
  elif [ "$(wc -c <"$1")" -lt 5000 ]; then
    fail "$1 is too short to say it"
  fi
}

work=$(mktemp -d)
server=""
clean_up() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

bare() {  # RELEASE: a fresh copy, in $root
  local sources=/etc/apt/sources.list.d/debian.sources kept="$roots/$1" mirror
  mirror=$(awk '/^URIs:/ {print $2; exit}' $sources 2>/dev/null || true)
  [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list)
  if [ ! -e "$kept/etc/debian_version" ]; then
    mkdir -p "$roots"
    rm -rf "$kept.new"
    debootstrap --variant=minbase "$1" "$kept.new" "$mirror" >"$work/debootstrap.log" 2>&1 ||
      { tail -3 "$work/debootstrap.log"; skip "debootstrap could not make $1"; }
    mv "$kept.new" "$kept"
  fi
  root="$work/$1"
  rm -rf "$root"
  cp -a "$kept" "$root"
  cp /etc/resolv.conf "$root/etc/"
  if [ "$1" = bookworm ] && [ -e $sources ]; then  # with the security updates, which the package may depend on
    cp $sources "$root/etc/apt/sources.list.d/"
    : >"$root/etc/apt/sources.list"
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  fi
}
# PROGRAM [ARGUMENTS...]: in $root, with its own mounts, without this machine's environment.
inside() { (become_inside "$@"); }
become_inside() {  # the same, in place of this shell, so that a signal reaches the program
  # shellcheck disable=SC2016
  exec unshare --mount sh -c 'root="$1"; shift; mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' sh "$root" "$@"
}

# PROGRAM in $root says a sentence to a file, and serves one as mp3.
speaks() {
  local program="$1" address=""
  inside "$program" say "Hello there." --seed 7 --quiet -o /hello.wav || fail "$program does not speak"
  check_sound "$root/hello.wav"
  local format
  for format in mp3 opus aac flac ulaw alaw; do
    inside "$program" say "Hello there." --seed 7 --quiet --speed 1.2 -o "/hello.$format" || fail "$program writes no $format"
    [ "$(wc -c <"$root/hello.$format")" -gt 3000 ] || fail "$program writes too little $format"
  done
  become_inside "$program" serve --host 127.0.0.1 --port 0 2>"$work/serve.log" &
  server=$!
  for _ in $(seq 300); do
    address=$(sed -n 's/^.* serving .* at //p' "$work/serve.log")
    [ -z "$address" ] || break
    sleep 0.1
  done
  [ -n "$address" ] || fail "$program does not serve: $(cat "$work/serve.log")"
  curl -fsS --noproxy '*' "$address/v1/audio/speech" -o "$work/hello.mp3" \
    -d '{"input": "Hello there.", "seed": 7, "response_format": "mp3"}' || fail "$program serves no mp3: $(cat "$work/serve.log")"
  check_sound "$work/hello.mp3"
}
stop_server() {
  kill "$server"
  wait "$server" || true
  server=""
}

# Symbols of a newer glibc than Debian 12's would stop the archive on the systems that it is made for.
mkdir "$work/contents"
tar -xf "$archive" -C "$work/contents"
folder=$(ls "$work/contents")
newest=$(find "$work/contents" -type f \( -perm -u+x -o -name '*.so*' \) -exec objdump -T {} + 2>/dev/null |
  grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
[ "$(printf '%s\n' "$newest" GLIBC_2.36 | sort -V | tail -1)" = GLIBC_2.36 ] || fail "the archive needs $newest"
size=$(stat -c %s "$archive")
[ "$size" -le 75000000 ] || fail "the archive has $size bytes, more than 75 MB"
for file in LICENSE README.md; do [ -s "$work/contents/$folder/$file" ] || [ -s "$work/contents/$folder/share/doc/orpheus/$file" ] || fail "no $file"; done
for library in "$work/contents/$folder"/lib/orpheus/*.so*; do
  case "$(basename "$library")" in libc.so* | libm.so* | libstdc++* | libgcc_s*) fail "$(basename "$library") belongs to the system" ;; esac
done
[ -n "$(ls "$work/contents/$folder/share/doc/orpheus/licences")" ] || fail "no licences"
python3 - "$work/contents/$folder" <<'PYTHON' || fail "the SBOM does not match the archive"
import hashlib, json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
bom = json.loads((folder / "share/doc/orpheus/sbom.spdx.json").read_text())
assert bom["spdxVersion"] == "SPDX-2.3"
identifiers = {element["SPDXID"] for element in bom["packages"] + bom["files"]} | {"SPDXRef-DOCUMENT"}
assert len(identifiers) == len(bom["packages"]) + len(bom["files"]) + 1
assert all({one["spdxElementId"], one["relatedSpdxElement"]} <= identifiers for one in bom["relationships"])
listed = {file["fileName"]: file["checksums"][1]["checksumValue"] for file in bom["files"]}
there = {"./" + str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
         for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
there.pop("./share/doc/orpheus/sbom.spdx.json")
assert listed == there, set(listed.items()) ^ set(there.items())
PYTHON
ok "the archive: $size bytes, needs $newest, its SBOM lists every file"

for release in bookworm trixie; do
  bare $release
  mkdir "$root/srv/any folder"
  mv "$work/contents/$folder" "$root/srv/any folder/" && cp -a "$root/srv/any folder/$folder" "$work/contents/"
  inside sh -c "ldd '/srv/any folder/$folder/bin/orpheus' '/srv/any folder/$folder'/lib/*.so" >"$work/libraries"
  if grep 'not found' "$work/libraries"; then fail "libraries are missing in $release"; fi
  speaks "/srv/any folder/$folder/bin/orpheus"
  stop_server
  ok "the archive speaks in a bare $release"
  rm -rf "$root"
done

# The .deb, with a stand-in for systemd that says it runs.
bare bookworm
mkdir -p "$root/run/systemd/system" "$root/packages"
printf '#!/bin/sh\necho "$@" >>/systemctl.log\n' >"$root/usr/bin/systemctl"
chmod +x "$root/usr/bin/systemctl"
asked() { cat "$root/systemctl.log" 2>/dev/null || true; }
cp "$deb" "$root/packages/old.deb"
dpkg-deb -R "$deb" "$work/newer"
sed -i 's/^Version: .*/&+newer/' "$work/newer/DEBIAN/control"
dpkg-deb --root-owner-group -b "$work/newer" "$root/packages/new.deb" >/dev/null
{ inside apt-get update && inside apt-get install -y --no-install-recommends /packages/old.deb; } >"$work/apt.log" 2>&1 ||
  { tail -20 "$work/apt.log"; fail "the .deb does not install"; }
if asked | grep -q 'start\|enable'; then fail "an installation starts or enables the service: $(asked)"; fi
for file in usr/bin/orpheus usr/lib/systemd/system/orpheus.service usr/share/man/man1/orpheus.1.gz usr/share/doc/orpheus/copyright \
  usr/share/bash-completion/completions/orpheus usr/share/zsh/vendor-completions/_orpheus usr/share/orpheus/voices/small/lm.gguf usr/include/orpheus/orpheus.h; do
  [ -s "$root/$file" ] || fail "the .deb did not install $file"
done
for library in libggml.so.0 libggml-base.so.0; do
  [ -s "$root/usr/lib/orpheus/$library" ] || fail "the .deb did not install lib/orpheus/$library, or its link names nothing"
done
grep -q '^ExecStart=/usr/bin/orpheus serve' "$root/usr/lib/systemd/system/orpheus.service" || fail "the unit starts another program"
mkdir -p "$root/etc/orpheus" "$root/var/lib/private/orpheus/orpheus/models"
echo 'port = 5005' >"$root/etc/orpheus/config.toml"
echo 'ORPHEUS_LOG_LEVEL=debug' >"$root/etc/orpheus.env"
echo voice >"$root/var/lib/private/orpheus/orpheus/models/mine.gguf"
mine() { (cd "$root" && find etc/orpheus etc/orpheus.env var/lib/private/orpheus -type f -exec sha256sum {} + | sort); }
made=$(mine)
speaks /usr/bin/orpheus  # and goes on serving
ok "the .deb installs and speaks in a bare bookworm"

: >"$root/systemctl.log"
inside dpkg -i /packages/new.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "the upgrade failed"; }
asked | grep -q -e '--no-block try-restart orpheus.service' || fail "the upgrade does not restart a running service: $(asked)"
if asked | grep -q '^stop\|disable'; then fail "the upgrade stops the service: $(asked)"; fi
kill -0 "$server" 2>/dev/null || fail "the server ended while the package was upgraded"
[ "$(mine)" = "$made" ] || fail "the upgrade changed what a user made"
ok "an upgrade asks systemd to restart a running service, and leaves settings and voices"
stop_server

for action in remove purge; do
  : >"$root/systemctl.log"
  inside apt-get $action -y orpheus >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "$action failed"; }
  [ $action = purge ] || asked | grep -q 'stop.* orpheus.service' || fail "the removal leaves the service running: $(asked)"
  [ ! -e "$root/usr/bin/orpheus" ] || fail "$action leaves the program"
  [ "$(mine)" = "$made" ] || fail "$action changed what a user made"
done
# A link of "systemctl enable" to a unit of the user stays; one to the package's unit, which is gone, does not.
wanted=etc/systemd/system/multi-user.target.wants/orpheus.service
mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/usr/local/lib/systemd/system"
echo '[Unit]' >"$root/usr/local/lib/systemd/system/orpheus.service"
dpkg-deb -e "$deb" "$work/control"
cp "$work/control/postrm" "$root/packages/postrm"
for unit in usr/local/lib/systemd/system usr/lib/systemd/system; do
  ln -sf "/$unit/orpheus.service" "$root/$wanted"
  inside /packages/postrm purge || fail "postrm fails"
  there=no
  [ ! -L "$root/$wanted" ] || there=yes
  [ "$unit $there" = "usr/local/lib/systemd/system yes" ] || [ "$unit $there" = "usr/lib/systemd/system no" ] ||
    fail "purge with a link to /$unit: is the link there? $there"
done
ok "removal and purge leave settings and voices"
