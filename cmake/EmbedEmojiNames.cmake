# Writes OUTPUT, a C++ source with the names of emoji in LANGUAGES, as text/emoji_names.h declares them: of the files in CLDR
# (Debian's unicode-cldr-core). Without CLDR the source holds no names, and English ones are Unicode's.
#
#   cmake -DCLDR=/usr/share/unicode/cldr/common "-DLANGUAGES=de en" -DOUTPUT=emoji_names_data.cpp -P cmake/EmbedEmojiNames.cmake
cmake_minimum_required(VERSION 3.25)
string(REPLACE " " ";" languages "${LANGUAGES}")
set(entries "")
foreach(language IN LISTS languages)
  set(names "")
  foreach(folder annotations annotationsDerived)
    set(file ${CLDR}/${folder}/${language}.xml)
    if(NOT CLDR OR NOT EXISTS ${file})
      continue()
    endif()
    file(READ ${file} xml)
    # Characters that part CMake's lists are no emoji's.
    string(REGEX REPLACE "[][;\\\\]" "" xml "${xml}")
    string(REGEX MATCHALL "cp=\"[^\"]*\" type=\"tts\"[^>]*>[^<]*<" found "${xml}")
    string(REGEX REPLACE "cp=\"([^\"]*)\" type=\"tts\"[^>]*>([^<]*)<;?" "\\1\t\\2\n" lines "${found}")
    string(REGEX REPLACE "[^\n]*(🏻|🏼|🏽|🏾|🏿)[^\n]*\n" "" lines "${lines}")  # said without the tone of a skin
    string(APPEND names "${lines}")
  endforeach()
  # C++ promises literals of 65536 bytes.
  string(REPLACE "\n" ";" lines "${names}")
  set(part "")
  foreach(line IN LISTS lines)
    string(APPEND part "${line}\n")
    string(LENGTH "${part}" size)
    if(size GREATER 50000)
      string(APPEND entries "    {\"${language}\", R\"_(${part})_\"},\n")
      set(part "")
    endif()
  endforeach()
  string(APPEND entries "    {\"${language}\", R\"_(${part})_\"},\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by cmake/EmbedEmojiNames.cmake of CLDR's annotations.
#include \"text/emoji_names.h\"

namespace orpheus::text {
namespace {

const EmojiNames kNames[] = {
${entries}};

}  // namespace

std::span<const EmojiNames> emoji_names() { return kNames; }

}  // namespace orpheus::text
")
