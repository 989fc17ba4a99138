#pragma once
// The words of a piece that get a time. Pure; from any thread.

#include <string_view>
#include <vector>

#include "text/spanned.h"
#include "text/words.h"

namespace orpheus::align {

// The words of a spoken text, in order: letters and digits without the punctuation around them
// ("don't", "well-known", "U.S" are one word each; "yes—no" are two). A tag (<laugh>) is a word.
// Writing without blanks (Chinese, Japanese, Thai) is divided by ICU's rules for this language
// (ISO 639-1; may be empty). No two words overlap, none is empty.
std::vector<text::Word> words_in(const text::Spanned& spoken, std::string_view language);

}  // namespace orpheus::align
