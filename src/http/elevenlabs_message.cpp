#include "http/elevenlabs_message.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

#include "audio/encoder.h"
#include "base/parse_number.h"
#include "http/elevenlabs_request.h"
#include "http/json_body.h"
#include "http/request.h"

namespace orpheus::http {
namespace {

using std::chrono::milliseconds;

constexpr int kMostInactivityS = 180;
constexpr size_t kMostIdBytes = 256;
constexpr int kLeastChunk = 50;
constexpr int kMostChunk = 500;
constexpr size_t kMostChunks = 64;
// With auto_mode a message is a whole sentence or phrase.
constexpr milliseconds kAutoPause{20};
constexpr milliseconds kAutoPatience{250};

bool is_true(std::string_view query, std::string_view key) {
  return equal_ignoring_case(query_value(query, key).value_or(""), "true");
}

tl::unexpected<ApiError> invalid(std::string message, std::string param) {
  return tl::unexpected(ApiError{.status = 400,
                                 .message = std::move(message),
                                 .param = std::move(param),
                                 .code = "invalid_value"});
}

// Either spelling of a key.
std::string spelled(const JsonBody& body, const char* snake, const char* camel) {
  return body.json(snake) ? snake : camel;
}

std::string without_scheme(const std::string& key) {
  constexpr std::string_view kScheme = "bearer ";
  const bool has_scheme = equal_ignoring_case(key.substr(0, kScheme.size()), kScheme);
  return has_scheme ? key.substr(kScheme.size()) : key;
}

std::optional<std::string> read_key(JsonBody& body) {
  for (const char* name : {"xi_api_key", "xi-api-key", "xiApiKey", "authorization"})
    if (auto key = body.text(name)) return without_scheme(*key);
  return std::nullopt;
}

// The error of an object's key as that of the message.
tl::expected<std::optional<double>, ApiError> read_speed(const JsonBody& body) {
  const std::string name = spelled(body, "voice_settings", "voiceSettings");
  if (!body.json(name)) return std::nullopt;
  auto settings = body.object(name);
  if (!settings) return invalid(name + " has a wrong type (expected an object)", name);
  const auto speed = settings->number("speed", audio::kLeastSpeed, audio::kMostSpeed);
  if (settings->error()) return tl::unexpected(*settings->error());
  if (speed && *speed != 1.0 && !audio::can_filter())
    return invalid("this build cannot change the speed (expected 1.0)", "speed");
  return speed;
}

// The schedule has no effect: a text is spoken from its first sentence or clause on.
tl::expected<void, ApiError> check_schedule(const JsonBody& body) {
  std::string name = spelled(body, "generation_config", "generationConfig");
  if (!body.json(name)) name = "generator_config";
  if (!body.json(name)) return {};
  auto config = body.object(name);
  if (!config) return invalid(name + " has a wrong type (expected an object)", name);
  const std::string schedule = spelled(*config, "chunk_length_schedule", "chunkLengthSchedule");
  if (config->json(schedule) &&
      !config->whole_numbers(schedule, kLeastChunk, kMostChunk, kMostChunks))
    return invalid(schedule + " has a wrong value (expected numbers from 50 to 500)", schedule);
  return {};
}

}  // namespace

tl::expected<ElevenLabsSettings, ApiError> parse_elevenlabs_settings(std::string_view voice_id,
                                                                     std::string_view query,
                                                                     const Options& options) {
  auto request = parse_elevenlabs_query(voice_id, query, options);
  if (!request) return tl::unexpected(request.error());
  ElevenLabsSettings settings;
  settings.turn.request = std::move(*request);
  settings.turn.request.speech.is_heard_live = true;
  if (is_true(query, "enable_ssml_parsing"))
    settings.turn.request.speech.format = text::markup::Format::kSsml;
  if (is_true(query, "sync_alignment")) settings.times = ElevenLabsMessages::Times::kFromContext;
  if (is_true(query, "auto_mode")) {
    settings.turn.pause = kAutoPause;
    settings.turn.patience = kAutoPatience;
  }
  if (const auto asked = query_value(query, "inactivity_timeout")) {
    const auto seconds = parse_number<int>(*asked);
    if (!seconds || *seconds < 1 || *seconds > kMostInactivityS)
      return invalid("inactivity_timeout has a wrong value (expected 1 to 180) (found " +
                         excerpt(*asked) + ")",
                     "inactivity_timeout");
    settings.inactivity = std::chrono::seconds(*seconds);
  }
  return settings;
}

tl::expected<ElevenLabsMessage, ApiError> parse_elevenlabs_message(std::string_view bytes) {
  auto body = JsonBody::parse(bytes);
  if (!body) return tl::unexpected(body.error());
  const auto flag = [&](const char* snake, const char* camel) {
    return body->boolean(spelled(*body, snake, camel)).value_or(false);
  };
  ElevenLabsMessage message{.text = body->text("text"),
                            .context_id = body->text(spelled(*body, "context_id", "contextId")),
                            .key = read_key(*body),
                            .flush = flag("flush", "flush"),
                            .triggers = flag("try_trigger_generation", "tryTriggerGeneration"),
                            .closes_context = flag("close_context", "closeContext"),
                            .closes_socket = flag("close_socket", "closeSocket")};
  if (body->error()) return tl::unexpected(*body->error());
  if (message.context_id && message.context_id->size() > kMostIdBytes)
    return invalid("context_id is too long (expected at most 256 bytes)", "context_id");
  const auto speed = read_speed(*body);
  if (!speed) return tl::unexpected(speed.error());
  message.speed = *speed;
  if (const auto checked = check_schedule(*body); !checked) return tl::unexpected(checked.error());
  return message;
}

}  // namespace orpheus::http
