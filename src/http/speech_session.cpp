#include "http/speech_session.h"

#include <chrono>
#include <utility>

#include "audio/format.h"
#include "http/json_body.h"
#include "http/json_text.h"
#include "http/speech_api.h"
#include "http/speech_body.h"

namespace orpheus::http {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMostSettingsBytes = 64U << 10U;
constexpr int64_t kLeastPauseMs = 20;
constexpr int64_t kMostPauseMs = 60'000;

tl::unexpected<ApiError> invalid(std::string message, std::string code) {
  return tl::unexpected(ApiError{
      .status = 400, .message = std::move(message), .param = "session", .code = std::move(code)});
}

}  // namespace

SpeechSession::SpeechSession(const Context& context) : context_(context) {
  if (auto usual = read("{}")) settings_ = std::move(*usual);
}

tl::expected<void, ApiError> SpeechSession::update(std::string_view message) {
  std::map<std::string, std::string> values = values_;
  bool is_object = true;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (message.starts_with(kByteOrderMark)) message.remove_prefix(kByteOrderMark.size());
  visit_members(trim_json(message), [&](std::string_view name, std::string_view value) {
    if (unescape_json(name) != "session" || value == "null") return true;
    is_object = value.starts_with('{');
    if (!is_object) return false;
    visit_members(value, [&](std::string_view key, std::string_view setting) {
      values[std::string(key)] = setting;
      return true;
    });
    return true;
  });
  if (!is_object) {
    return invalid("session has a wrong type (expected an object)", "invalid_type");
  }
  std::string all;
  for (const auto& [key, value] : values) all += (all.empty() ? "{" : ",") + key + ":" + value;
  all += all.empty() ? "{}" : "}";
  if (all.size() > kMostSettingsBytes)
    return invalid("the session's settings are too long", "session_too_long");
  auto settings = read(all);
  if (!settings) return tl::unexpected(settings.error());
  values_ = std::move(values);
  settings_ = std::move(*settings);
  return {};
}

tl::expected<SpeechSession::Settings, ApiError> SpeechSession::read(
    std::string_view settings) const {
  auto body = JsonBody::parse(settings);
  if (!body) return tl::unexpected(body.error());
  const Snapshot now = context_.live.now();
  Settings session;
  Turn::Settings& turn = session.turn;
  turn.request = read_speech_keys(*body, *now.options, audio::Format::kPcm);
  turn.request.speech.is_heard_live = true;
  session.sends_binary = body->boolean("binary").value_or(false);
  const auto read_ms = [&](const char* key, milliseconds& setting) {
    if (const auto ms = body->whole_number(key, kLeastPauseMs, kMostPauseMs))
      setting = milliseconds(*ms);
  };
  read_ms("pause_ms", turn.pause);
  read_ms("patience_ms", turn.patience);
  if (body->error()) return tl::unexpected(*body->error());
  if (!now.synthesiser) return session;
  const auto voice = now.synthesiser->voice_for(turn.request.speech);
  if (!voice) {
    ApiError error = api_error(voice.error());
    error.param = "voice";
    error.code = error.status == 404 ? "voice_not_found" : "invalid_value";
    return tl::unexpected(error);
  }
  return session;
}

nlohmann::ordered_json SpeechSession::json(std::string_view id) const {
  using Json = nlohmann::ordered_json;
  const Snapshot now = context_.live.now();
  const SpeechRequest& request = settings_.turn.request;
  const speech::Request& speech = request.speech;
  Json voice = speech.voice.empty() ? Json() : Json(speech.voice);
  if (now.synthesiser)
    if (const auto found = now.synthesiser->voice_for(speech)) voice = found->name;
  return {{"id", id},
          {"model", shown_model_name(now)},
          {"voice", voice},
          {"language", speech.language.empty() ? Json() : Json(speech.language)},
          {"response_format", audio::name_of(request.format)},
          {"sample_rate",
           audio::encoded_rate_hz(encoder_options(request, now.options->sample_rate_hz))},
          {"speed", request.speed},
          {"words", request.words},
          {"binary", settings_.sends_binary},
          {"pause_ms", settings_.turn.pause.count()},
          {"patience_ms", settings_.turn.patience.count()}};
}

}  // namespace orpheus::http
