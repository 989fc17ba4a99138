#!/usr/bin/env bash
# Builds FFmpeg and libcurl for the archive of make package, from the sources of the system's own packages (apt-get source), with
# only what the program uses. Debian's FFmpeg needs 160 other libraries; this one needs two. Each is binary compatible with the
# system's package, because version and symbol versions are the same: one program works with either.
#
#   tools/build-slim-libraries.sh FOLDER     fills FOLDER/lib; FOLDER/versions has a line "source version licence" for each
#
# Does nothing if FOLDER was filled by the same recipe from the same versions. JOBS=N sets the number of parallel compilers.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '6p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(realpath "$1") recipe=$(realpath "$0")

jobs="${JOBS:-$(nproc)}"

fail() { printf 'build-slim-libraries: %s\n' "$@" >&2; exit 1; }
command -v apt-get >/dev/null || fail "apt-get, which fetches the sources, is missing: this needs Debian or Ubuntu."
version_of() { dpkg-query -W -f '${source:Version}' "$1" 2>/dev/null || fail "$1 is not installed: tools/install-packages.sh package installs it."; }
ffmpeg_version=$(version_of libavformat-dev)
curl_version=$(version_of libcurl4-openssl-dev)
stamp="$(sha256sum <"$recipe") $ffmpeg_version $curl_version"
[ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf "$folder/lib" "$folder/include" "$folder/stamp" "$folder/sources"
mkdir -p "$folder/sources" "$folder/apt/parts" "$folder/apt/lists/partial" "$folder/apt/archives/partial"

# The machine's own sources of packages, asked for source packages. Nothing outside FOLDER changes.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -e "$list" ] || sed -n 's/^ *deb /deb-src /p' "$list" >"$folder/apt/parts/$(basename "$list" .list).list"
done
for list in /etc/apt/sources.list.d/*.sources; do
  [ ! -e "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$folder/apt/parts/$(basename "$list")"
done
apt=(apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$folder/apt/parts" -o "Dir::State::Lists=$folder/apt/lists"
  -o "Dir::Cache=$folder/apt" -o Debug::NoLocking=1)
[ "$(id -u)" -ne 0 ] || apt+=(-o APT::Sandbox::User=root)
"${apt[@]}" update || fail "apt could not read the lists of source packages."
cd "$folder/sources"
unpack() {  # SOURCE VERSION
  "${apt[@]}" source --download-only "$1=$2" ||
    fail "the sources of $1 $2 are not there. If a newer version is: apt-get update && apt-get upgrade, then again."
  dpkg-source --no-check -x "$1"_*.dsc "$1" >/dev/null
}
unpack ffmpeg "$ffmpeg_version"
unpack curl "$curl_version"

# Both build with relative paths, so the folder is not in the result. FFmpeg keeps its configure line in libavutil: no path in it either.
flags="-O2 -g0 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2"

list() { sed 's/#.*//' | tr -s ' \n' ','; }
# What src/audio names: ffmpeg_encoder.cpp, ffmpeg_filter.cpp (FFmpeg inserts aresample and aformat itself) and the list of
# demuxers in ffmpeg_reader.cpp, with the decoders of sound that these containers hold.
encoders=$(list <<<'libmp3lame libopus aac flac pcm_mulaw pcm_alaw')
muxers=$(list <<<'mp3 ogg opus adts flac pcm_mulaw pcm_alaw')
demuxers=$(list <<<'wav w64 flac mp3 ogg aac mov aiff caf matroska')
decoders=$(list <<<'mp3 mp3float mp2 mp2float aac aac_latm flac alac vorbis opus pcm_mulaw pcm_alaw pcm_u8 pcm_s8 pcm_s16le pcm_s16be
  pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be adpcm_ms adpcm_ima_wav adpcm_ima_qt')
parsers=$(list <<<'mpegaudio aac aac_latm flac vorbis opus')
filters=$(list <<<'atempo aresample aformat anull')
(
  cd ffmpeg
  ./configure --prefix=/ffmpeg --extra-cflags="$flags" --optflags=-O2 --enable-shared --disable-static --enable-pthreads --disable-programs \
    --disable-doc --disable-debug --disable-autodetect --disable-network --disable-everything --disable-avdevice --disable-swscale \
    --disable-postproc --enable-libmp3lame --enable-libopus --enable-encoder="$encoders" --enable-muxer="$muxers" \
    --enable-demuxer="$demuxers" --enable-decoder="$decoders" --enable-parser="$parsers" --enable-filter="$filters" >configure.log ||
    { tail -20 configure.log ffbuild/config.log >&2; fail "FFmpeg's configure failed."; }
  grep -q 'License: LGPL version 2.1 or later' configure.log || fail "this FFmpeg would not be under the LGPL 2.1."
  make -s -j "$jobs" >make.log 2>&1 || { tail -20 make.log >&2; fail "FFmpeg did not build."; }
  make -s install-libs DESTDIR="$folder/sources/made" >>make.log
)
(
  cd curl
  # Debian's last patch, for a build with GnuTLS, numbers the symbols otherwise than the package with OpenSSL.
  number=$(objdump -T "$(cc -print-file-name=libcurl.so)" | grep -o 'CURL_OPENSSL_[0-9]*' | sort -u | grep -o '[0-9]*$') ||
    fail "the symbols of the system's libcurl have no versions."
  sed -i "s/^\(CURL_@CURL_LT_SHLIB_VERSIONED_FLAVOUR@\)[0-9]*/\1$number/" lib/libcurl.vers.in
  ./configure --prefix=/curl --disable-static --enable-shared --disable-dependency-tracking --with-openssl --enable-versioned-symbols \
    --with-zlib --without-brotli --without-zstd --without-nghttp2 --without-libidn2 --without-libpsl --without-librtmp --without-libssh2 \
    --without-gssapi --disable-ldap --disable-ldaps --disable-manual --disable-dict --disable-ftp --disable-gopher --disable-imap \
    --disable-mqtt --disable-pop3 --disable-rtsp --disable-smb --disable-smtp --disable-telnet --disable-tftp --enable-file \
    --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --with-ca-path=/etc/ssl/certs CFLAGS="$flags" >configure.log 2>&1 ||
    { tail -20 configure.log >&2; fail "curl's configure failed."; }
  make -s -C lib -j "$jobs" >make.log 2>&1 || { tail -20 make.log >&2; fail "libcurl did not build."; }
  make -s -C lib install DESTDIR="$folder/sources/made" >>make.log 2>&1
)
mkdir -p "$folder/lib"
cp -a made/{ffmpeg,curl}/lib/*.so* "$folder/lib/"
find "$folder/lib" -type f -exec strip --strip-unneeded {} +
mkdir -p "$folder/licences"
cp ffmpeg/debian/copyright "$folder/licences/ffmpeg"
cat ffmpeg/COPYING.LGPLv2.1 >"$folder/licences/ffmpeg.LGPL-2.1"
cp curl/debian/copyright "$folder/licences/curl"
printf '%s\n' "ffmpeg $ffmpeg_version LGPL-2.1-or-later libavformat,libavcodec,libavfilter,libavutil,libswresample" \
  "curl $curl_version curl libcurl" >"$folder/versions"
cd "$folder"
rm -rf sources apt
printf '%s' "$stamp" >"$folder/stamp"
