#include "http/speech_request.h"

#include <algorithm>
#include <string>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "audio/encoder.h"
#include "base/utf8.h"
#include "http/json_body.h"
#include "http/text_request.h"

namespace orpheus::http {
namespace {

std::string read_input(JsonBody& body, const std::string& key, size_t max_code_points) {
  std::string input = body.text(key).value_or("");
  if (input.find_first_not_of(" \t\r\n") == std::string::npos) {
    body.refuse(
        key, "missing_required_parameter",
        {.kind = ErrorKind::kUsage, .what = key + " is empty", .expected = "the text to speak"});
  }
  if (const size_t length = count_code_points(input); length > max_code_points) {
    body.refuse(key, "string_above_max_length",
                {.kind = ErrorKind::kUsage,
                 .what = key + " is too long",
                 .expected = fmt::format("at most {} characters", max_code_points),
                 .found = std::to_string(length),
                 .remedy = "Split it into several requests."});
  }
  return input;
}

audio::Format default_format() {
  return audio::can_encode(audio::Format::kMp3) ? audio::Format::kMp3 : audio::Format::kWav;
}

// Nothing where the key is absent or names no format that this build encodes.
std::optional<audio::Format> read_format(JsonBody& body, const std::string& key) {
  const auto name = body.text(key);
  if (!name) return std::nullopt;
  const auto format = audio::format_named(*name);
  if (format && audio::can_encode(*format)) return format;
  body.refuse(key, "unsupported_value",
              {.kind = ErrorKind::kUnsupported,
               .what = (format ? "this build cannot encode the " : "unknown ") + key,
               .expected = audio::names_of_formats(),
               .found = excerpt(*name)});
  return std::nullopt;
}

double read_speed(JsonBody& body) {
  const double speed = body.number("speed", audio::kLeastSpeed, audio::kMostSpeed).value_or(1.0);
  if (speed != 1.0 && !audio::can_filter()) {
    body.refuse("speed", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "this build cannot change the speed",
                 .expected = "1.0",
                 .found = fmt::format("{}", speed),
                 .remedy = "Leave it out."});
  }
  return speed;
}

// A rate that the formats of the response and of its file have.
std::optional<int> read_sample_rate(JsonBody& body, const SpeechRequest& request) {
  const auto asked = body.whole_number("sample_rate", audio::kLeastRateHz, audio::kMostRateHz);
  if (!asked) return std::nullopt;
  const auto rate_hz = static_cast<int>(*asked);
  if (rate_hz != speech::kSampleRateHz && !audio::can_filter()) {
    body.refuse("sample_rate", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "this build cannot change the sample rate",
                 .expected = std::to_string(speech::kSampleRateHz),
                 .found = std::to_string(rate_hz),
                 .remedy = "Leave it out."});
  }
  for (const audio::Format format : {request.format, request.file_format.value_or(request.format)})
    if (const auto checked = audio::check_rate(format, rate_hz); !checked)
      body.refuse("sample_rate", "unsupported_value", checked.error());
  return rate_hz;
}

// With words, sound alone is not enough: it is sent in events, or all of it in JSON.
Delivery read_delivery(JsonBody& body, bool words) {
  const auto format = body.text("stream_format");
  if (format && *format != "audio" && *format != "sse") {
    body.refuse("stream_format", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "unknown stream_format",
                 .expected = "audio or sse",
                 .found = excerpt(*format)});
  }
  const bool streamed = body.boolean("stream").value_or(true);
  if (format == "sse") return Delivery::kEvents;
  if (!streamed) return Delivery::kWhole;
  if (!words) return Delivery::kStream;
  if (format == "audio") {
    body.refuse("words", "unsupported_value",
                {.kind = ErrorKind::kUnsupported,
                 .what = "a stream of sound alone carries no words",
                 .expected = "\"stream_format\": \"sse\", or \"stream\": false",
                 .found = "\"stream_format\": \"audio\""});
  }
  return Delivery::kEvents;
}

// ISO 639-1 with or without a region: "en", "pt-BR".
std::string read_language(JsonBody& body) {
  std::string language = body.text("language").value_or("");
  const std::string code = language.substr(0, language.find_first_of("-_"));
  const bool plain = (code.size() == 2 || code.size() == 3) && language.size() <= 16 &&
                     std::all_of(language.begin(), language.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                              c == '_' || (c >= '0' && c <= '9');
                     });
  if (language.empty() || plain) return plain ? code : "";
  body.refuse("language", "invalid_value",
              {.kind = ErrorKind::kUsage,
               .what = "invalid language code",
               .expected = "a code of ISO 639-1, such as en or de",
               .found = excerpt(language)});
  return "";
}

}  // namespace

lm::SamplingOptions read_sampling(JsonBody& body, lm::SamplingOptions sampling) {
  const auto read = [&](const char* key, double least, double most, std::optional<float>& setting) {
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

SpeechRequest read_speech_keys(JsonBody& body, const Options& options, audio::Format usual,
                               std::optional<audio::Format> only_format) {
  SpeechRequest request;
  body.text("model");
  body.text("instructions");
  request.speech.voice = body.text_or_id("voice").value_or("");
  request.speech.unknown_voice = options.unknown_voice;
  request.speech.language = read_language(body);
  request.speech.normalize = body.boolean("normalize").value_or(true);
  read_text_keys(body, request.speech);
  request.format = read_format(body, "response_format").value_or(usual);
  if (only_format) request.format = *only_format;
  request.speed = read_speed(body);
  request.words = body.boolean("words").value_or(false);
  request.delivery = read_delivery(body, request.words);
  request.speech.is_heard_live = request.delivery != Delivery::kWhole;
  request.file_format = read_format(body, "file_format");
  request.sample_rate_hz = read_sample_rate(body, request);
  request.progress = body.boolean("progress").value_or(false);
  request.speech.sampling = read_sampling(body, options.sampling);
  request.seed = body.whole_number("seed", 0, INT64_MAX);
  request.speech.max_tokens =
      static_cast<int>(body.whole_number("max_tokens", kLeastSpeechTokens, options.max_tokens)
                           .value_or(options.max_tokens));
  return request;
}

tl::expected<SpeechRequest, ApiError> parse_speech_request(
    std::string_view bytes, const Options& options, const std::string& text_key,
    std::optional<audio::Format> only_format) {
  auto body = JsonBody::parse(bytes);
  if (!body) return tl::unexpected(std::move(body).error());
  std::string text = read_input(*body, text_key, options.max_input_code_points);
  SpeechRequest request = read_speech_keys(*body, options, default_format(), only_format);
  request.speech.text = std::move(text);
  if (body->error()) return tl::unexpected(*body->error());
  return request;
}

}  // namespace orpheus::http
