#pragma once
// A script as JSON: the spoken words, their voices, and their places in the input.

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

// All spoken text, with a blank between pieces.
std::string spoken_text(const speech::Script& script);

}  // namespace orpheus::http
