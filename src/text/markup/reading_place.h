#pragma once
// Where a parser's words stand in its input, and their words with these places. A parser replaces
// entities, line ends and escapes by characters, so that its words are not always the input's
// bytes. Pure; from any thread.

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/markup/writer.h"

namespace orpheus::text::markup {

// How the input may write a character of the words, besides as itself.
struct Spelling {
  bool has_entities = true;     // "&amp;"
  bool has_line_ends = true;    // "\r\n" and "\r" are "\n"
  bool is_of_markdown = false;  // "\*"; a line end within `code` is a blank
};

// Writes words that the input has at `begin`: each character with its own place.
// input: the writer's, or that with blanks in place of what is never said. Returns the place behind
// the words. Nothing is written if the input does not have them there.
std::optional<size_t> write_read_as(Writer& writer, std::string_view words, std::string_view input,
                                    size_t begin, const Spelling& spelling);

// About this many bytes of the input from `begin` on, as whole characters: for words that the input
// has in an unknown form. Not empty, except at the input's end.
Range bytes_from(std::string_view input, size_t begin, size_t size);

}  // namespace orpheus::text::markup
