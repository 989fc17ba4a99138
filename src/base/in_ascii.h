#pragma once
// A text in ASCII and back, for parsers that are not to be given anything else. toml++ 3.3 may do
// anything at a letter from U+00A1 to U+0499 outside of quotes. Pure; from any thread.

#include <string>
#include <string_view>

namespace orpheus {

// A byte beyond ASCII, and '~' itself, becomes '~' and two hex digits. Outside of quotes and
// comments TOML has no '~', and what stands in them is turned back by from_ascii. (A '~' written as
// \u007e in front of two hex digits is misread.)
std::string in_ascii(std::string_view text);
std::string from_ascii(std::string_view ascii);

}  // namespace orpheus
