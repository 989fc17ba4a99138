#pragma once
// Text to pieces short enough to be spoken well: at sentence ends first, then at clauses, then
// between words.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::text {

// Makes a text speakable: NFC, control characters and byte-order marks out, white space folded to
// single blanks with paragraphs ("\n\n") kept. Errors: kUsage (not UTF-8; the offset is named).
Result<std::string> normalise(std::string_view text);

// Pieces of at most max_code_points each (a single longer word is cut), sentences by ICU's rules
// for this language (ISO 639-1), short neighbouring sentences joined. Concatenated, the pieces are
// the normalised text but for the white space between them. Empty for a text without anything to
// speak.
std::vector<std::string> split(std::string_view normalised_text, std::string_view language,
                               size_t max_code_points);

}  // namespace orpheus::text
