#pragma once
// A text as say-as of SSML asks for it: letter by letter, digit by digit, as an ordinal. Pure; from
// any thread.

#include <string_view>

#include "text/spanned.h"

namespace orpheus::text::markup {

// How an element says that its text is to be read.
enum class Reading { kUsual, kCharacters, kDigits, kOrdinal };

// Digits and letters stand apart from each other, with commas between them, so that each is read
// alone. An ordinal is written as English writes it; other languages read the number.
Spanned spelt(const Spanned& text, Reading reading, std::string_view language);

}  // namespace orpheus::text::markup
