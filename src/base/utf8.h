#pragma once
// Checks UTF-8 from outside. Pure functions: may be called from any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus {

// Byte offset of the first ill-formed sequence (overlong forms, surrogates and values past U+10FFFF
// included), or nothing if the text is well-formed.
std::optional<size_t> find_invalid_utf8(std::string_view text);

// Checks a text from outside. Errors: kUsage (not UTF-8; the message has the offset), kLimit
// (longer than max_bytes).
Result<void> check_text(std::string_view text, size_t max_bytes);

// Makes a text from anywhere safe for one line of a terminal or log: control characters, line
// separators and ill-formed bytes become U+FFFD.
std::string printable(std::string_view text);

// The first whole characters of a text, at most max_bytes.
std::string_view whole_characters(std::string_view text, size_t max_bytes);

// printable() for a part of a message, at most max_bytes and "…": cut between characters, with one
// blank for white space and line ends.
std::string printable_excerpt(std::string_view text, size_t max_bytes);

// Number of code points of a well-formed text.
size_t count_code_points(std::string_view text);

}  // namespace orpheus
