#pragma once
// Numbers, money, units, percent, dates and times of day as the words that are spoken for them.
// Pure; may be called from any thread.

#include <string_view>

#include "text/spanned.h"

namespace orpheus::text::reading {

// The normalised text with those signs as words of this language (ISO 639-1: en, fr, de, es, it,
// ko, hi, zh; a text of any other stays as it is). Tags, addresses (mail, web) and digits within
// words (MP3, B2B, 4K) stay as they are.
Spanned expand(std::string_view normalised_text, std::string_view language);

}  // namespace orpheus::text::reading
