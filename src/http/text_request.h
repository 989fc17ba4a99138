#pragma once
// The keys of a request's body that say how its text is to be read: input_format, pronunciations,
// cast, code, thoughts, strict_tags, emoji.

#include "http/json_body.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// Sets what the body says; what is wrong is refused by its key.
void read_text_keys(JsonBody& body, speech::Request& request);

}  // namespace orpheus::http
