#pragma once
// GPT-2's alphabet: vocabularies write each raw byte as one printable character, so that a token
// that is half of a character is still text. Pure functions.

#include <string>
#include <string_view>
#include <vector>

namespace orpheus {

// The character that stands for each of the 256 bytes, in UTF-8.
std::vector<std::string> byte_spellings();

// The bytes that a token's spelling stands for. What is not of the alphabet stays as it is.
std::string bytes_spelled(std::string_view spelling);

}  // namespace orpheus
