#!/usr/bin/env bash
# Packs the program for other machines of this kind (make package), into dist/:
#
#   orpheus_VERSION_ARCH.deb               for this Debian: depends on the system's libraries
#   orpheus-VERSION-linux-MACHINE.tar.xz   for every Linux with a glibc as new as this one's: brings its libraries
#   orpheus-VERSION-linux-MACHINE-GPU.tar.xz   for each GPU back end that was built (GPU=cuda): unpack over the archive
#   orpheus-VERSION-linux-MACHINE.spdx.json    the SBOM of the archive
#   SHA256SUMS
#
#   tools/package.sh [-DNAME=VALUE...]
#
# The same sources and the same packages of the system give the same bytes. JOBS=N sets the number of parallel compilers.
set -euo pipefail
case "${1:--D}" in -D*) ;; *) sed -n '10p' "$0" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."
build=build/portable

version=$(sed -n 's/^project(orpheus VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name="orpheus-$version-linux-$(uname -m)"
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
export SOURCE_DATE_EPOCH
umask 022

tools/build.sh portable all -DORPHEUS_TESTS=OFF "$@"
tools/build-slim-libraries.sh $build/slim

mkdir -p dist
rm -f dist/orpheus[_-]*"$version"* dist/SHA256SUMS

rm -rf $build/about $build/cpack
tools/package-contents.py about $build/about $build
cp LICENSE $build/about/copyright  # where Debian's tools look for it
cpack --config $build/CPackConfig.cmake -B $build/cpack >$build/cpack.log 2>&1 || { tail -20 $build/cpack.log >&2; exit 1; }
mv $build/cpack/*.deb dist/

pack() {  # FOLDER: dist/FOLDER.tar.xz, from $build/archive/FOLDER
  find "$build/archive/$1" -exec chmod u+w,go-w,a+rX {} + -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +
  tar -C "$build/archive/$1" -c --sort=name --owner=0 --group=0 --numeric-owner --format=gnu . --transform "s,^\.,$name," |
    xz -T1 -6 >"dist/$1.tar.xz"
}

stage="$build/archive/$name"
rm -rf $build/archive
mkdir -p "$stage"
for component in program Unspecified; do
  cmake --install $build --component $component --prefix "$stage" --strip >/dev/null
done
glibc=$(getconf GNU_LIBC_VERSION)  # of this machine: its libraries in the archive need no newer one
compiler=$(c++ -dumpversion)
system=$(sed -n 's/^NAME="\{0,1\}\([^"/ ]*\).*/\1/p' /etc/os-release)
sed "s/@GLIBC@/${glibc#glibc }/; s/@GCC@/${compiler%%.*}/; s/@SYSTEM@/$system/" packaging/archive.md >"$stage/README.md"
# The units start /usr/local/bin/orpheus, where a link to the program may be.
install -D -m 644 -t "$stage/share/doc/orpheus/systemd" deploy/orpheus.service deploy/orpheus-pull@.service
tools/package-contents.py archive "$stage" $build/slim
cp "$stage/share/doc/orpheus/sbom.spdx.json" "dist/$name.spdx.json"
pack "$name"

# Modules for GPUs, each with the names of the libraries that it needs of the machine.
cmake --install $build --component gpu --prefix $build/archive/gpu --strip >/dev/null
for module in $build/archive/gpu/lib/orpheus/libggml-*.so; do
  [ -e "$module" ] || continue
  gpu=$(basename "$module" .so) gpu=${gpu#libggml-}
  install -D -t "$build/archive/$name-$gpu/lib/orpheus" "$module"
  mkdir -p "$build/archive/$name-$gpu/share/doc/orpheus/licences"
  cp .deps/ggml/LICENSE "$build/archive/$name-$gpu/share/doc/orpheus/licences/ggml"
  {
    echo "libggml-$gpu.so is a module for $name. Unpack this archive over it. The module needs these libraries of the machine:"
    objdump -p "$module" | awk '$1 == "NEEDED" && $2 !~ /^lib(ggml|c|m|stdc|gcc_s|dl|pthread|rt)[-.+]/ {print "  " $2}'
  } >"$build/archive/$name-$gpu/share/doc/orpheus/$gpu.txt"
  pack "$name-$gpu"
done
rm -rf $build/archive/gpu

(cd dist && sha256sum orpheus[_-]*"$version"* >SHA256SUMS)
ls -l dist
