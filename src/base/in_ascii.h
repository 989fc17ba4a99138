#pragma once
// Writes a text in ASCII and back, for parsers that must get ASCII. (toml++ 3.3 has undefined
// behaviour at a letter from U+00A1 to U+0499 outside of quotes.) Pure; from any thread.

#include <string>
#include <string_view>

namespace orpheus {

// A byte beyond ASCII, and '~' itself, becomes '~' and two hex digits. Outside of quotes and
// comments TOML has no '~'; from_ascii restores the text inside them. (A '~' written as \u007e in
// front of two hex digits is misread.)
std::string in_ascii(std::string_view text);
std::string from_ascii(std::string_view ascii);

}  // namespace orpheus
