# Writes OUTPUT, a C++ source with every .toml file of FOLDER as declared in text/reading/data_files.h.
#
#   cmake -DFOLDER=src/text/reading/data -DOUTPUT=data_files.cpp -P cmake/EmbedText.cmake
cmake_minimum_required(VERSION 3.25)
set(arrays "")
set(entries "")
file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*.toml)
list(SORT names)
if(NOT names)
  message(FATAL_ERROR "${FOLDER}: no .toml files; they hold what each language says")
endif()
set(number 0)
foreach(name IN LISTS names)
  string(REGEX REPLACE "\\.toml$" "" stem ${name})
  file(READ ${FOLDER}/${name} bytes HEX)
  string(REGEX REPLACE "(................................................................)" "\\1\n" lines "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${lines}")
  string(APPEND arrays "const unsigned char kFile${number}[] = {\n${array}};\n")
  string(APPEND entries
    "    {\"${stem}\", {reinterpret_cast<const char*>(kFile${number}), sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Made by cmake/EmbedText.cmake of the files in src/text/reading/data/.
#include \"text/reading/data_files.h\"

namespace orpheus::text::reading {
namespace {

${arrays}
const DataFile kFiles[] = {
${entries}};

}  // namespace

std::span<const DataFile> data_files() { return kFiles; }

}  // namespace orpheus::text::reading
")
