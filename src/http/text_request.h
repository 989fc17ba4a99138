#pragma once
// Parses the keys that control how a text is read: input_format, pronunciations, cast, code,
// thoughts, strict_tags, emoji.

#include "http/json_body.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// Applies the body's values. Errors name the key.
void read_text_keys(JsonBody& body, speech::Request& request);

}  // namespace orpheus::http
