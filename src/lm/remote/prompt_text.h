#pragma once
// Prompts as text, for servers that make the tokens themselves. Pure functions.

#include <string>
#include <string_view>

namespace orpheus::remote {

// The text with every special token that stands in it (<custom_token_2>, <|eot_id|>) taken apart by
// a blank, so that a chat that quotes one does not steer the model. Tags such as <laugh> stay.
std::string neutralised(std::string_view text);

// "voice: text" as the whole prompt of a piece, special tokens around it.
std::string prompt_text(std::string_view spoken);

}  // namespace orpheus::remote
