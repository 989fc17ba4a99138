#pragma once
// Reads the data of synthesize and synthesize-start. Pure; from any thread.

#include <tl/expected.hpp>

#include "http/context.h"
#include "http/errors.h"
#include "http/json_body.h"
#include "http/speech_request.h"

namespace orpheus::wyoming {

enum class TextForm {
  kWhole,  // the data has it
  kParts,  // it follows
};

// The voice is voice.speaker, else voice.name, else the first voice of voice.language, else the
// server's first one. text_format: "text", "ssml", or another name of text::markup::format_named.
// Errors: 400 (no text, an unknown format, a wrong type, a text that is too long), 404 (no voice of
// the language). An unknown voice is refused by prepare_speech.
tl::expected<http::SpeechRequest, http::ApiError> read_speech_request(const http::Context& context,
                                                                      http::JsonBody& body,
                                                                      TextForm form);

}  // namespace orpheus::wyoming
