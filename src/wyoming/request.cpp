#include "wyoming/request.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "audio/format.h"
#include "base/utf8.h"
#include "text/markup/document.h"
#include "wyoming/info.h"

namespace orpheus::wyoming {
namespace {

using http::ApiError;
using http::JsonBody;

tl::unexpected<ApiError> refused(int status, std::string message, std::string code) {
  return tl::unexpected(
      ApiError{.status = status, .message = std::move(message), .code = std::move(code)});
}

// "en-US", "en_US" and "EN" are English.
std::string primary_subtag(std::string_view language) {
  std::string subtag(language.substr(0, language.find_first_of("-_")));
  std::transform(subtag.begin(), subtag.end(), subtag.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return subtag;
}

// The voice's name; empty if the request leaves it to the server.
tl::expected<std::string, ApiError> read_voice(const http::Snapshot& now, JsonBody& body) {
  const auto json = body.json("voice");
  if (!json) return std::string();
  auto voice = body.object("voice");
  if (!voice) {
    return refused(400, "voice has a wrong type (expected an object with name or language)",
                   "invalid_type");
  }
  const auto name = voice->text("name");
  const auto language = voice->text("language");
  const auto speaker = voice->text("speaker");
  if (voice->error()) {
    ApiError error = *voice->error();
    error.message = "voice: " + error.message;
    return tl::unexpected(error);
  }
  if (speaker && !speaker->empty()) return *speaker;
  if (name && !name->empty()) return *name;
  if (!language || language->empty() || !now.synthesiser) return std::string();
  const auto& voices = now.synthesiser->voices();
  const std::string wanted = primary_subtag(*language);
  const auto found = std::find_if(voices.begin(), voices.end(), [&](const auto& one) {
    return primary_subtag(described_language(one)) == wanted;
  });
  if (found == voices.end()) {
    return refused(404, fmt::format("no voice speaks the language {}", http::excerpt(*language)),
                   "voice_not_found");
  }
  return found->name;
}

tl::expected<text::markup::Format, ApiError> read_format(JsonBody& body) {
  const std::string name = body.text("text_format").value_or("text");
  if (name == "text") return text::markup::Format::kPlain;
  if (const auto format = text::markup::format_named(name)) return *format;
  return refused(400,
                 fmt::format("text_format {} is not supported (expected text, ssml, markdown, "
                             "html or auto)",
                             http::excerpt(name)),
                 "unsupported_value");
}

}  // namespace

tl::expected<http::SpeechRequest, ApiError> read_speech_request(const http::Context& context,
                                                                JsonBody& body, TextForm form) {
  const http::Snapshot now = context.live.now();
  auto none = JsonBody::parse(std::string_view("{}"));
  if (!none) return tl::unexpected(none.error());
  http::SpeechRequest request = read_speech_keys(*none, *now.options, audio::Format::kPcm);
  request.speech.is_heard_live = true;
  auto voice = read_voice(now, body);
  if (!voice) return tl::unexpected(voice.error());
  request.speech.voice = std::move(*voice);
  const auto format = read_format(body);
  if (!format) return tl::unexpected(format.error());
  request.speech.format = *format;
  auto text = body.text("text");
  if (body.error()) return tl::unexpected(*body.error());
  if (form == TextForm::kParts) return request;
  if (!text || text->empty())
    return refused(400, "text is missing (expected a string)", "missing_required_parameter");
  const size_t most = now.options->max_input_code_points;
  if (const size_t length = count_code_points(*text); length > most) {
    return refused(400,
                   fmt::format("the text is too long (expected at most {} characters, found {})",
                               most, length),
                   "string_above_max_length");
  }
  request.speech.text = std::move(*text);
  return request;
}

}  // namespace orpheus::wyoming
