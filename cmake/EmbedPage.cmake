# Writes OUTPUT, a C++ source with every file of FOLDER as declared in http/page_files.h: its name, its content type, an ETag
# computed from its bytes, the bytes, and the bytes compressed by gzip.
#
#   cmake -DFOLDER=web -DOUTPUT=page_files.cpp -P cmake/EmbedPage.cmake
cmake_minimum_required(VERSION 3.25)
set(content_type_html "text/html; charset=utf-8")
set(content_type_css "text/css; charset=utf-8")
set(content_type_mjs "text/javascript; charset=utf-8")
set(content_type_svg "image/svg+xml")

# An array of C++ with bytes that are given in hex.
function(append_array name bytes)
  string(REGEX REPLACE "(................................................................)" "\\1\n" lines "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${lines}")
  set(arrays "${arrays}const unsigned char ${name}[] = {\n${array}};\n" PARENT_SCOPE)
endfunction()

set(arrays "")
set(entries "")
set(number 0)
if(NOT EXISTS ${FOLDER}/index.html)
  message(FATAL_ERROR "${FOLDER}/index.html is missing: it is the page")
endif()
file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*)
foreach(name IN LISTS names)
  string(REGEX REPLACE "^.*\\." "" ending ${name})
  if(NOT DEFINED content_type_${ending})
    message(FATAL_ERROR "${FOLDER}/${name}: the page has no files of this kind (expected .html, .css, .mjs or .svg)")
  endif()
  file(SHA256 ${FOLDER}/${name} hash)
  string(SUBSTRING ${hash} 0 16 tag)
  file(READ ${FOLDER}/${name} bytes HEX)
  append_array(kFile${number} ${bytes})
  file(ARCHIVE_CREATE OUTPUT ${OUTPUT}.gz PATHS ${FOLDER}/${name} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  file(READ ${OUTPUT}.gz bytes HEX)
  file(REMOVE ${OUTPUT}.gz)
  # Without the time in its header, so that the same files make the same program.
  string(REGEX REPLACE "^1f8b0800........" "1f8b080000000000" bytes ${bytes})
  append_array(kGzip${number} ${bytes})
  string(APPEND entries
    "    {\"${name}\", \"${content_type_${ending}}\", \"\\\"${tag}\\\"\",\n"
    "     {reinterpret_cast<const char*>(kFile${number}), sizeof kFile${number}},\n"
    "     {reinterpret_cast<const char*>(kGzip${number}), sizeof kGzip${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Made by cmake/EmbedPage.cmake of the files in web/.
#include \"http/page_files.h\"

namespace orpheus::http {
namespace {

${arrays}
const PageFile kFiles[] = {
${entries}};

}  // namespace

std::span<const PageFile> page_files() { return kFiles; }

}  // namespace orpheus::http
")
