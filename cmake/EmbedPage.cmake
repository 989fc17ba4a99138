# Writes OUTPUT, a C++ source with every file of FOLDER as declared in http/page_files.h: its name, its content type and
# an ETag computed from its bytes.
#
#   cmake -DFOLDER=web -DOUTPUT=page_files.cpp -P cmake/EmbedPage.cmake
cmake_minimum_required(VERSION 3.25)
set(content_type_html "text/html; charset=utf-8")
set(content_type_css "text/css; charset=utf-8")
set(content_type_mjs "text/javascript; charset=utf-8")
set(content_type_svg "image/svg+xml")

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
  file(READ ${FOLDER}/${name} bytes HEX)
  file(SHA256 ${FOLDER}/${name} hash)
  string(SUBSTRING ${hash} 0 16 tag)
  string(REGEX REPLACE "(................................................................)" "\\1\n" lines "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${lines}")
  string(APPEND arrays "const unsigned char kFile${number}[] = {\n${array}};\n")
  string(APPEND entries
    "    {\"${name}\", \"${content_type_${ending}}\", \"\\\"${tag}\\\"\",\n"
    "     {reinterpret_cast<const char*>(kFile${number}), sizeof kFile${number}}},\n")
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
