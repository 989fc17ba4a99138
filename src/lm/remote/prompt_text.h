#pragma once
// Prompts as text, for servers that tokenise themselves. Pure functions.

#include <string>
#include <string_view>

namespace orpheus::remote {

// Breaks every special token in the text (<custom_token_2>, <|eot_id|>) with a blank, so that a
// text which quotes a token does not control the model. Tags such as <laugh> stay.
std::string neutralised(std::string_view text);

// The whole prompt of a piece: "voice: text" with special tokens around it.
std::string prompt_text(std::string_view spoken);

}  // namespace orpheus::remote
