#include "http/speech_request.h"

#include <string>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/utf8.h"
#include "http/json_body.h"

namespace orpheus::http {
namespace {

std::string read_input(JsonBody& body, size_t max_code_points) {
  std::string input = body.text("input").value_or("");
  if (input.find_first_not_of(" \t\r\n") == std::string::npos) {
    body.refuse(
        "input", "missing_required_parameter",
        {.kind = ErrorKind::kUsage, .what = "input is empty", .expected = "the text to speak"});
  }
  if (const size_t length = count_code_points(input); length > max_code_points) {
    body.refuse("input", "string_above_max_length",
                {.kind = ErrorKind::kUsage,
                 .what = "input is too long",
                 .expected = fmt::format("at most {} characters", max_code_points),
                 .found = std::to_string(length),
                 .remedy = "Send it in parts."});
  }
  return input;
}

AudioFormat read_format(JsonBody& body) {
  const auto name = body.text("response_format");
  if (!name || *name == "wav") return AudioFormat::kWav;
  if (*name == "pcm") return AudioFormat::kPcm;
  body.refuse("response_format", "unsupported_value",
              {.kind = ErrorKind::kUnsupported,
               .what = "response_format is not one that this build offers",
               .expected = "wav or pcm",
               .found = excerpt(*name)});
  return AudioFormat::kWav;
}

// What OpenAI's API has and this build has not is refused rather than ignored: a client that asked
// for it would take what it gets for something else.
void refuse_what_is_not_offered(JsonBody& body) {
  if (const auto speed = body.number("speed", 0.25, 4.0); speed && *speed != 1.0) {
    body.refuse("speed", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "speed is not one that this build offers",
                 .expected = "1.0",
                 .found = fmt::format("{}", *speed),
                 .remedy = "Leave it out."});
  }
  if (const auto format = body.text("stream_format"); format && *format != "audio") {
    body.refuse("stream_format", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "stream_format is not one that this build offers",
                 .expected = "audio",
                 .found = excerpt(*format)});
  }
}

lm::SamplingOptions read_sampling(JsonBody& body, lm::SamplingOptions sampling) {
  const auto read = [&](const char* key, double least, double most, float& setting) {
    if (const auto number = body.number(key, least, most)) setting = static_cast<float>(*number);
  };
  read("temperature", 0, 2, sampling.temperature);
  read("top_p", 0, 1, sampling.top_p);
  read("min_p", 0, 1, sampling.min_p);
  read("repetition_penalty", 0.1, 10, sampling.repetition_penalty);
  if (const auto k = body.whole_number("top_k", 0, INT32_MAX)) {
    sampling.top_k = static_cast<int>(*k);
  }
  return sampling;
}

}  // namespace

std::string_view content_type(AudioFormat format) {
  switch (format) {
    case AudioFormat::kWav: return "audio/wav";
    case AudioFormat::kPcm: return "audio/pcm";
  }
  return "application/octet-stream";
}

tl::expected<SpeechRequest, ApiError> parse_speech_request(std::string_view bytes,
                                                           const Options& options) {
  auto body = JsonBody::parse(bytes);
  if (!body) return tl::unexpected(std::move(body).error());

  SpeechRequest request;
  body->text("model");
  request.speech.text = read_input(*body, options.max_input_code_points);
  request.speech.voice = body->text_or_id("voice").value_or("");
  request.format = read_format(*body);
  refuse_what_is_not_offered(*body);
  request.speech.sampling = read_sampling(*body, options.sampling);
  request.seed = body->whole_number("seed", 0, INT64_MAX);
  request.speech.max_tokens = static_cast<int>(
      body->whole_number("max_tokens", 1, options.max_tokens).value_or(options.max_tokens));

  if (body->error()) return tl::unexpected(*body->error());
  return request;
}

}  // namespace orpheus::http
