#pragma once
// GPT-2's alphabet for bytes. Vocabularies write each raw byte as one printable character, so a
// token that is a part of a UTF-8 character is still text. Pure functions.

#include <string>
#include <string_view>
#include <vector>

namespace orpheus {

// For each of the 256 bytes, the character that represents it, in UTF-8.
std::vector<std::string> byte_spellings();

// The bytes that a token's spelling represents. Characters outside the alphabet are unchanged.
std::string bytes_spelled(std::string_view spelling);

}  // namespace orpheus
