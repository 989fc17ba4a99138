#pragma once
// What a request's text has beside spoken words and a reader of captions wants to see: pictures
// (emoji), and marks that close a sentence or a quotation. Pure; from any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace orpheus::align {

// A part of the request between two spoken words, of which the first part belongs to the word
// before it: up to the last line end, else up to the last blank, else up to what opens the next
// word. Returns the offset within it.
size_t part_of_word_before(std::string_view unspoken);

// The pictures of such a part, with single blanks where they are apart from each other and from its
// ends. Without those of markup, comments, and lines that are not spoken (metadata, code). Empty if
// there are none.
std::string pictures_in(std::string_view unspoken);

// The marks directly at its begin, which close what the word before it ends, and a dash behind
// them. Signs of emphasis and tags between them are left out.
std::string closing_marks_of(std::string_view unspoken);

// The dash at its end, as of a speaker's line, with its blank.
std::string_view dash_before(std::string_view unspoken);

}  // namespace orpheus::align
