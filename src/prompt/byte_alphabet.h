#pragma once
// GPT-2's alphabet: vocabularies write each raw byte as one printable character, so that a token
// that is half of a character is still text.

#include <string>
#include <string_view>

namespace orpheus::prompt {

// The bytes that a token's spelling stands for. What is not of the alphabet stays as it is.
std::string bytes_of(std::string_view spelling);

}  // namespace orpheus::prompt
