#pragma once
// Numbers, money, units, percent, dates and times of day as the words that are spoken for them.
// Pure; may be called from any thread.

#include <string>
#include <string_view>

namespace orpheus::text {

// The normalised text with those signs as words of this language (ISO 639-1: en, fr, de, es, it,
// ko, hi, zh; a text of any other stays as it is). Tags, addresses (mail, web) and digits within
// words (MP3, B2B, 4K) stay as they are.
std::string expand(std::string_view normalised_text, std::string_view language);

}  // namespace orpheus::text
