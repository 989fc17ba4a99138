#pragma once
// The body of a request for speech, as OpenAI's clients send it, with the extensions temperature,
// top_p, top_k, min_p, repetition_penalty, seed and max_tokens.

#include <cstdint>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

#include "http/errors.h"
#include "http/options.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

enum class AudioFormat { kWav, kPcm };

std::string_view content_type(AudioFormat format);

struct SpeechRequest {
  speech::Request speech;  // its voice as the client named it
  AudioFormat format = AudioFormat::kWav;
  std::optional<uint64_t> seed;  // nothing: the server draws one
};

// Reads any bytes. Keys that are not known are left alone; null means absent. Without a
// response_format the answer is wav: OpenAI's default, mp3, is not among the formats yet. The model
// may have any name: there is one.
// Errors (400): not a JSON object, no input, a value of the wrong type, out of range, or not on
// offer; param names the key.
tl::expected<SpeechRequest, ApiError> parse_speech_request(std::string_view body,
                                                           const Options& options);

}  // namespace orpheus::http
