#!/usr/bin/env bash
# Installs missing packages that the project needs, on Debian and Ubuntu. On other systems it prints their names. If
# nothing is missing, it does nothing. It never removes a package.
#
#   tools/install-packages.sh [build|test|processors|lint|fuzz|package]     default: build; test includes build
set -euo pipefail

# Columns: who needs the package, its name in Debian, how to detect it (a program on the PATH, a header, a file, a Python module, a
# clang run-time library), and its purpose. npm and git are handled below.
packages='
build  g++                  program:c++                  the C++20 compiler
build  cmake                program:cmake                configures the build (3.25 or newer)
build  ninja-build          program:ninja                runs the build
build  pkg-config           program:pkg-config           finds libraries
build  libboost-dev         header:boost/beast.hpp       HTTP and WebSocket (Beast)
build  libcurl4-openssl-dev header:curl/curl.h          HTTP to other servers: downloads, language models elsewhere
build  libicu-dev           header:unicode/uversion.h    Unicode: normalisation, sentences, numbers as words
build  unicode-cldr-core    file:/usr/share/unicode/cldr/common/annotations/en.xml names of emoji
build  libcmark-gfm-dev     header:cmark-gfm.h           Markdown
build  libcmark-gfm-extensions-dev header:cmark-gfm-core-extensions.h tables of Markdown
build  libxml2-dev          header:libxml2/libxml/parser.h HTML and SSML
build  nlohmann-json3-dev   header:nlohmann/json.hpp     JSON
build  libspdlog-dev        header:spdlog/spdlog.h       logging
build  libcli11-dev         header:CLI/CLI.hpp           command lines
build  libtomlplusplus-dev  header:toml++/toml.h         TOML
build  libexpected-dev      header:tl/expected.hpp       results and errors as values
build  libavformat-dev      header:libavformat/avformat.h mp3, opus, aac, flac (FFmpeg)
build  libavfilter-dev      header:libavfilter/avfilter.h speed and sample rates (FFmpeg)
build  libssl-dev           header:openssl/ssl.h         TLS in the server
test   libgtest-dev         header:gtest/gtest.h         the tests
test   python3-numpy        python:numpy                 makes the voice that tests compare against
test   chromium             program:chromium             tries the page in a browser
test   ffmpeg               program:ffmpeg               decodes what the server sends
package nasm                program:nasm                 assembles the faster routines of FFmpeg (make package)
package libmp3lame-dev      header:lame/lame.h           mp3, for the FFmpeg in the archive
package libopus-dev         header:opus/opus.h           opus, for the FFmpeg in the archive
package dpkg-dev            program:dpkg-shlibdeps       names the packages that the .deb depends on
package xz-utils            program:xz                   packs the archives
package file                program:file                 CPack finds the programs with it
package python3             program:python3              gathers libraries, licences and the SBOM
vulkan glslc                program:glslc                compiles the shaders (with GPU=vulkan)
vulkan libvulkan-dev        header:vulkan/vulkan.h       Vulkan (with GPU=vulkan)
vulkan spirv-headers        header:spirv/unified1/spirv.h SPIR-V, the form of shaders (with GPU=vulkan)
processors qemu-user        program:qemu-x86_64          runs the program on other processors
lint   clang-format         program:clang-format         checks the format of the sources
lint   clang-tidy           program:clang-tidy           checks the sources for mistakes
fuzz   clang                program:clang++              compiles with libFuzzer
fuzz   libclang-rt-dev      clang:fuzzer                 libFuzzer itself
'

purpose="${1:-build}"
case "$purpose" in
  build) groups=" build " ;;
  test) groups=" build test " ;;
  lint | fuzz | package | processors) groups=" build $purpose " ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac

case ",${GPU:-}," in *,vulkan,*) groups+="vulkan " ;; esac

say() { printf 'install-packages: %s\n' "$*"; }

is_there() {  # program:NAME, header:PATH, file:PATH, python:MODULE, clang:LIBRARY
  local folder name="${1#*:}"
  case "$1" in
    program:*) command -v "$name" >/dev/null ;;
    python:*) python3 -c "import $name" 2>/dev/null ;;
    clang:*) ls "$(clang -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt."$name"[-.]* >/dev/null 2>&1 ;;
    file:*) [ -e "$name" ] ;;
    header:*)
      for folder in /usr/include /usr/include/*-linux-gnu /usr/local/include /opt/homebrew/include; do
        [ -e "$folder/$name" ] && return
      done
      return 1 ;;
  esac
}

# Whether the build downloads ggml's sources: they are not in .deps/ yet, and no ggml is installed or
# GPU asks for back ends that are built from sources.
fetches_ggml() {
  [ -n "${GGML_DIR:-}" ] && return 1
  [ -e "$(dirname "$0")/../.deps/ggml/include/ggml.h" ] && return 1
  [ -n "${GPU:-}" ] && return 0
  local there
  for there in /usr/lib/cmake/ggml /usr/lib/*/cmake/ggml \
    /usr/local/lib/cmake/ggml /opt/homebrew/lib/cmake/ggml; do
    [ -e "$there" ] && return 1
  done
  return 0
}

installed=" "
if command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2046
  installed=" $({ dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' $(awk '{print $2}' <<<"$packages") 2>/dev/null || true; } |
    awk '$1 ~ /^.i$/ {printf "%s ", $2}') "  # dpkg-query fails if it does not know one of them
fi

missing=() tools=() list=""
need() {  # PACKAGE PROBE WHAT-FOR
  missing+=("$1")
  case "$2" in program:*) tools+=("$1") ;; esac
  list+="  $(printf '%-20s' "$1") $3"$'\n'
}
while read -r group package probe what_for; do
  case "$groups" in *" $group "*) ;; *) continue ;; esac
  case "$installed" in *" $package "*) continue ;; esac
  is_there "$probe" || need "$package" "$probe" "$what_for"
done <<<"$packages"
# The tests fetch from npm too. Debian's nodejs and npm conflict with those of other sources, so they are installed only if
# there is no npm.
if { fetches_ggml || { [ "$purpose" != build ] && [ "$purpose" != package ]; }; } && ! command -v npm >/dev/null; then
  command -v node >/dev/null || need nodejs program:node "runs npm"
  need npm program:npm "fetches ggml's sources"
fi
if fetches_ggml && ! command -v git >/dev/null; then
  need git program:git "unpacks ggml's sources"
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  say "this system has no apt. Please install, by the names that its own package manager knows:" >&2
  printf '%s' "$list" >&2
  [ ${#tools[@]} -eq 0 ] && exit 0  # only CMake may find a library
  exit 1
fi

install=(apt-get install -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600)
become=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
    say "these packages are missing, and only root may install them:" >&2
    printf '%s' "$list" >&2
    say "as root, run: ${install[*]} ${missing[*]}" >&2
    exit 1
  fi
  become=(sudo)
fi
say "installing with apt${become[0]:+, through sudo}:"
printf '%s' "$list"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {  # on a terminal apt prints its progress; elsewhere only errors are printed
  local command=(${become[@]+"${become[@]}"} env DEBIAN_FRONTEND=noninteractive "$@")
  if [ -t 1 ]; then "${command[@]}"; else "${command[@]}" </dev/null >"$log" 2>&1; fi
}
knows_all() { "${install[@]}" --simulate "${missing[@]}" >/dev/null 2>&1; }
knows_all || apt apt-get update -o DPkg::Lock::Timeout=600 || true
# Old package lists may have files that the mirror has replaced, so a failure is repeated with new lists.
apt "${install[@]}" "${missing[@]}" || { apt apt-get update && apt "${install[@]}" "${missing[@]}"; } || {
  tail -n 15 "$log" >&2
  say "apt could not install: ${missing[*]} (its words are above). Once it can, run this again." >&2
  exit 1
}
