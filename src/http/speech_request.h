#pragma once
// The body of a request for speech, as OpenAI's clients send it, with the extensions temperature,
// top_p, top_k, min_p, repetition_penalty, seed, max_tokens, language, normalize, stream,
// progress and file_format.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "audio/format.h"
#include "http/errors.h"
#include "http/options.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// How the sound is sent.
enum class Delivery {
  kStream,  // its bytes, as they are made
  kEvents,  // server-sent events that carry them
  kWhole,   // its bytes, when all is made
};

struct SpeechRequest {
  speech::Request speech;  // its voice as the client named it
  audio::Format format = audio::Format::kMp3;
  double speed = 1.0;
  Delivery delivery = Delivery::kStream;
  bool progress = false;  // events also say which part of the text is heard
  // Events also carry the same sound in this format, for a client that plays PCM and keeps a file.
  std::optional<audio::Format> file_format;
  std::optional<uint64_t> seed;  // nothing: the server draws one
};

// Reads any bytes. Keys that are not known are left alone, instructions among them; null means
// absent. Without a response_format the answer is mp3, and wav in a build that cannot encode it.
// The model may have any name: there is one. Errors (400): not a JSON object, no input, a value of
// the wrong type, out of range, or not on offer; param names the key.
tl::expected<SpeechRequest, ApiError> parse_speech_request(std::string_view body,
                                                           const Options& options,
                                                           const std::string& text_key = "input");

class JsonBody;
// The keys that say how tokens are drawn; what is absent stays as it is given.
lm::SamplingOptions read_sampling(JsonBody& body, lm::SamplingOptions sampling);

}  // namespace orpheus::http
