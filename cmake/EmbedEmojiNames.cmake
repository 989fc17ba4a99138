# Writes OUTPUT, a C++ source with the names of emoji in LANGUAGES (declared in text/emoji_names.h), from the files in CLDR
# (Debian's unicode-cldr-core). Without CLDR the source contains no names; English names are then Unicode's own.
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
    # Characters that separate CMake's lists are not part of emoji.
    string(REGEX REPLACE "[][;\\\\]" "" xml "${xml}")
    string(REGEX MATCHALL "cp=\"[^\"]*\" type=\"tts\"[^>]*>[^<]*<" found "${xml}")
    string(REGEX REPLACE "cp=\"([^\"]*)\" type=\"tts\"[^>]*>([^<]*)<;?" "\\1\t\\2\n" lines "${found}")
    string(REGEX REPLACE "[^\n]*(🏻|🏼|🏽|🏾|🏿)[^\n]*\n" "" lines "${lines}")  # names without a skin tone
    string(APPEND names "${lines}")
  endforeach()
  # C++ guarantees string literals of up to 65536 bytes.
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
