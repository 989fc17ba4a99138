#pragma once
// A script as JSON: what will be spoken, by which voice, and where each word of it is written.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "speech/script.h"
#include "text/words.h"

namespace orpheus::http {

// [{"word", "begin", "end", "begin_utf16", "end_utf16"}, …]: offsets in the input.
nlohmann::json words_json(const text::Spanned& spoken, const text::Utf16Offsets& utf16);

// {"spoken", "voice", "lead_ms", "pieces": [{"text", "voice", "end", "pause_ms", "rate",
// "words"}]}.
nlohmann::json script_json(const speech::Script& script, std::string_view input);

// All that is spoken, pieces with a blank between them.
std::string spoken_text(const speech::Script& script);

}  // namespace orpheus::http
