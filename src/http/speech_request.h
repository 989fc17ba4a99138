#pragma once
// Parses the body of a speech request in OpenAI's form, with the extensions temperature, top_p,
// top_k, min_p, repetition_penalty, seed, max_tokens, language, normalize, sample_rate, stream,
// progress, words and file_format.

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
  kStream,  // its bytes while they are made
  kEvents,  // server-sent events that carry them
  kWhole,   // its bytes when all are made
};

struct SpeechRequest {
  speech::Request speech;  // its voice as the client named it
  audio::Format format = audio::Format::kMp3;
  double speed = 1.0;
  std::optional<int> sample_rate_hz;  // nothing: 8000 for ulaw and alaw, else the server's setting
  Delivery delivery = Delivery::kStream;
  bool progress = false;  // events also tell which part of the text is heard
  bool words = false;     // events, or a whole response in JSON, also tell the words' times
  // The sound is in JSON, with the time of every character (ElevenLabs' with-timestamps).
  bool has_timestamps = false;
  // Events also carry the same sound in this format, for a client that plays PCM and keeps a file.
  std::optional<audio::Format> file_format;
  std::optional<uint64_t> seed;  // nothing: the server draws a seed
};

// One frame: fewer tokens make no sound.
inline constexpr int64_t kLeastSpeechTokens = 7;

// Parses any bytes. Unknown keys and instructions are ignored; null means absent. The default
// format is mp3, or wav in a build without mp3. Any model name is accepted. Errors (400): not a
// JSON object, no input, or a value of a wrong type, out of range or not supported; param has the
// key. only_format: of a route that has one, whatever the body asks for.
tl::expected<SpeechRequest, ApiError> parse_speech_request(
    std::string_view body, const Options& options, const std::string& text_key = "input",
    std::optional<audio::Format> only_format = std::nullopt);

class JsonBody;
// Reads every key but the text. usual: the format if the body names none. The body remembers the
// first error.
SpeechRequest read_speech_keys(JsonBody& body, const Options& options, audio::Format usual,
                               std::optional<audio::Format> only_format = std::nullopt);

// Reads the sampling keys; absent ones keep the given values.
lm::SamplingOptions read_sampling(JsonBody& body, lm::SamplingOptions sampling);

}  // namespace orpheus::http
