#include "http/elevenlabs_request.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "audio/encoder.h"
#include "base/parse_number.h"
#include "http/json_body.h"
#include "http/request.h"

namespace orpheus::http {
namespace {

struct OwnVoice {
  std::string_view id;
  std::string_view voice;
};

// The ids of the voices that every account has, by gender and character.
constexpr std::array kOwnVoices = {
    OwnVoice{"21m00Tcm4TlvDq8ikWAM", "tara"},  // Rachel
    OwnVoice{"29vD33N1CtxCmqQRPOHJ", "dan"},   // Drew
    OwnVoice{"2EiwWnXFnvU5JabPnv8n", "leo"},   // Clyde
    OwnVoice{"5Q0t7uMcjvnagumLfvZi", "dan"},   // Paul
    OwnVoice{"9BWtsMINqrJLrRacOk9x", "mia"},   // Aria
    OwnVoice{"AZnzlk1XvdvUeBnXmlld", "jess"},  // Domi
    OwnVoice{"CYw3kZ02Hs0563khs1Fj", "zac"},   // Dave
    OwnVoice{"CwhRBWXzGAHq8TQ4Fs17", "leo"},   // Roger
    OwnVoice{"D38z5RcWu1voky8WS1ja", "zac"},   // Fin
    OwnVoice{"EXAVITQu4vr4xnSDxMaL", "leah"},  // Sarah
    OwnVoice{"ErXwobaYiN019PkySvjV", "dan"},   // Antoni
    OwnVoice{"FGY2WhTYpPnrIDTdsKH5", "jess"},  // Laura
    OwnVoice{"GBv7mTt0atIp3Br8iCZE", "dan"},   // Thomas
    OwnVoice{"IKne3meq5aSn9XLyUdCD", "zac"},   // Charlie
    OwnVoice{"JBFqnCBsd6RMkjVDRZzb", "leo"},   // George
    OwnVoice{"LcfcDJNUP1GQjkzn1xUU", "zoe"},   // Emily
    OwnVoice{"MF3mGyEYCl7XYWbV9V6O", "jess"},  // Elli
    OwnVoice{"N2lVS1w4EtoT3dr4eOWO", "leo"},   // Callum
    OwnVoice{"ODq5zmih8GrVes37Dizd", "leo"},   // Patrick
    OwnVoice{"SAz9YHcvj6GT2YYXdXww", "zoe"},   // River
    OwnVoice{"SOYHLrjzK2X1ezoPC6cr", "zac"},   // Harry
    OwnVoice{"TX3LPaxmHKxFdv7VOQHJ", "zac"},   // Liam
    OwnVoice{"ThT5KcBeYPX3keUQqHPh", "mia"},   // Dorothy
    OwnVoice{"TxGEqnHWrfWFTfGW9XjX", "dan"},   // Josh
    OwnVoice{"VR6AewLTigWG4xSOukaG", "leo"},   // Arnold
    OwnVoice{"XB0fDUnXU5powFXDhCwa", "leah"},  // Charlotte
    OwnVoice{"Xb7hH8MSUJpSbSDYk0k2", "mia"},   // Alice
    OwnVoice{"XrExE9yKIg1WjnnlVkGX", "tara"},  // Matilda
    OwnVoice{"ZQe5CZNOzWyzPSCn5a3c", "leo"},   // James
    OwnVoice{"Zlb1dXrM653N07WRdFW3", "leo"},   // Joseph
    OwnVoice{"bIHbv24MWmeRgasZH58o", "dan"},   // Will
    OwnVoice{"cgSgspJ2msm6clMCkdW9", "tara"},  // Jessica
    OwnVoice{"cjVigY5qzO86Huf0OWal", "dan"},   // Eric
    OwnVoice{"flq6f7yk4E4fJM5XTYuZ", "leo"},   // Michael
    OwnVoice{"g5CIjZEefAph4nQFvHAz", "zac"},   // Ethan
    OwnVoice{"iP95p4xoKVk53GoZ742B", "dan"},   // Chris
    OwnVoice{"jBpfuIE2acCO8z3wKNLl", "jess"},  // Gigi
    OwnVoice{"jsCqWAovK2LkecY7zXl4", "tara"},  // Freya
    OwnVoice{"nPczCjzI2devNBz1zQrb", "leo"},   // Brian
    OwnVoice{"oWAxZDx7w5VEj9dCyTzz", "leah"},  // Grace
    OwnVoice{"onwK4e9ZLuTAKqWW03F9", "leo"},   // Daniel
    OwnVoice{"pFZP5JQG7iQjIQuC4Bku", "mia"},   // Lily
    OwnVoice{"pMsXgVXv3BLzUgSXRplE", "zoe"},   // Serena
    OwnVoice{"pNInz6obpgDQGcFmaJgB", "leo"},   // Adam
    OwnVoice{"piTKgcLEGmPE4e6mEKli", "zoe"},   // Nicole
    OwnVoice{"pqHfZKP75CvOlQylNhV4", "leo"},   // Bill
    OwnVoice{"t0jbNlBVZ17f02VDIeMI", "dan"},   // Jessie
    OwnVoice{"yoZ06aMxZJJ28mfd3POQ", "zac"},   // Sam
    OwnVoice{"z9fAnlkpzviPz146aGWa", "mia"},   // Glinda
};

std::string quoted(std::string_view text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The same request in our own form, whose parser checks the values.
std::string own_form(const JsonBody& asked, std::string_view voice_id, const OutputFormat& output) {
  std::string own = fmt::format(R"({{"voice": {}, "sample_rate": {})",
                                quoted(voice_for_elevenlabs_id(voice_id)), output.sample_rate_hz);
  const auto copy = [&own](const JsonBody& from, std::string_view key, std::string_view own_key) {
    if (const auto value = from.json(key)) own += fmt::format(R"(, "{}": {})", own_key, *value);
  };
  copy(asked, "text", "text");
  copy(asked, "seed", "seed");
  copy(asked, "language_code", "language");
  if (const auto settings = asked.object("voice_settings")) copy(*settings, "speed", "speed");
  if (asked.json("apply_text_normalization") == R"("off")") own += R"(, "normalize": false)";
  return own + "}";
}

tl::expected<OutputFormat, ApiError> read_output_format(std::string_view query) {
  const std::string asked = query_value(query, "output_format").value_or("mp3_44100_128");
  if (const auto output = output_format_named(asked)) return *output;
  return tl::unexpected(ApiError{
      .status = 400,
      .message = "unknown output_format (expected a format and a rate that it has, such as "
                 "mp3_44100_128, pcm_24000 or ulaw_8000; formats are " +
                 audio::names_of_formats() + ") (found " + excerpt(asked) + ")",
      .param = "output_format",
      .code = "invalid_output_format"});
}

}  // namespace

std::optional<OutputFormat> output_format_named(std::string_view name) {
  const size_t first = name.find('_');
  if (first == std::string_view::npos) return std::nullopt;
  const auto format = audio::format_named(name.substr(0, first));
  const std::string_view rest = name.substr(first + 1);
  const auto rate_hz = parse_number<int>(rest.substr(0, rest.find('_')));
  if (!format || !rate_hz || !audio::can_encode(*format)) return std::nullopt;
  if (!audio::check_rate(*format, *rate_hz)) return std::nullopt;
  return OutputFormat{.format = *format, .sample_rate_hz = *rate_hz};
}

std::string_view voice_for_elevenlabs_id(std::string_view id) {
  const auto* found = std::find_if(kOwnVoices.begin(), kOwnVoices.end(),
                                   [&](const OwnVoice& voice) { return voice.id == id; });
  return found == kOwnVoices.end() ? id : found->voice;
}

tl::expected<SpeechRequest, ApiError> parse_elevenlabs_request(std::string_view voice_id,
                                                               std::string_view query,
                                                               std::string_view body,
                                                               const Options& options) {
  const auto asked = JsonBody::parse(body);
  if (!asked) return tl::unexpected(asked.error());
  const auto output = read_output_format(query);
  if (!output) return tl::unexpected(output.error());
  return parse_speech_request(own_form(*asked, voice_id, *output), options, "text", output->format);
}

tl::expected<SpeechRequest, ApiError> parse_elevenlabs_query(std::string_view voice_id,
                                                             std::string_view query,
                                                             const Options& options) {
  std::string body = "{";
  for (const char* key : {"language_code", "apply_text_normalization", "seed"}) {
    const auto value = query_value(query, key);
    if (!value || value->empty()) continue;
    const auto number =
        std::string_view(key) == "seed" ? parse_number<int64_t>(*value) : std::nullopt;
    if (body.size() > 1) body += ", ";
    body += fmt::format(R"("{}": {})", key,
                        number ? std::to_string(*number) : quoted(std::string_view(*value)));
  }
  body += "}";
  const auto asked = JsonBody::parse(body);
  if (!asked) return tl::unexpected(asked.error());
  const auto output = read_output_format(query);
  if (!output) return tl::unexpected(output.error());
  const std::string own = own_form(*asked, voice_id, *output);
  auto settings = JsonBody::parse(own);
  if (!settings) return tl::unexpected(settings.error());
  SpeechRequest request = read_speech_keys(*settings, options, output->format, output->format);
  if (settings->error()) return tl::unexpected(*settings->error());
  return request;
}

}  // namespace orpheus::http
