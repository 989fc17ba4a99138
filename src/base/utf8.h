#pragma once
// Checking of UTF-8 that comes from outside. Pure functions: from any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus {

// Byte offset of the first ill-formed sequence (overlong forms, surrogates and values past U+10FFFF
// included), or nothing when all of the text is well-formed.
std::optional<size_t> find_invalid_utf8(std::string_view text);

// Whether a text from outside can be worked on. Errors: kUsage (not UTF-8; the offset is named),
// kLimit (longer than max_bytes).
Result<void> check_text(std::string_view text, size_t max_bytes);

// The text fit for one line of a terminal or a log, wherever it came from: control characters, line
// separators and ill-formed bytes become U+FFFD.
std::string printable(std::string_view text);

// Number of code points of a well-formed text.
size_t count_code_points(std::string_view text);

}  // namespace orpheus
