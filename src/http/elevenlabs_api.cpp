#include "http/elevenlabs_api.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "http/elevenlabs_conversation.h"
#include "http/elevenlabs_json.h"
#include "http/elevenlabs_message.h"
#include "http/elevenlabs_request.h"
#include "http/speech_api.h"
#include "http/websocket_handshake.h"

namespace orpheus::http {
namespace {

constexpr std::string_view kFolder = "/v1/text-to-speech/";

// "/v1/text-to-speech/VOICE/stream".
struct Path {
  std::string voice_id;   // decoded
  std::string_view rest;  // "/stream"
};

Path read_path(std::string_view path) {
  path.remove_prefix(kFolder.size());
  const size_t slash = std::min(path.find('/'), path.size());
  return {.voice_id = decoded_path(path.substr(0, slash)), .rest = path.substr(slash)};
}

Response no_such_route(std::string expected) {
  return elevenlabs_error({.status = 404,
                           .message = "there is no such route (expected /v1/text-to-speech/VOICE" +
                                      std::move(expected) + ")",
                           .code = "not_found"});
}

Answer answer_text_to_speech(const Context& context, const Request& asked) {
  const Path path = read_path(asked.path);
  const bool has_timestamps = path.rest.ends_with("/with-timestamps");
  const bool is_streamed = path.rest.starts_with("/stream");
  const std::string known =
      std::string(is_streamed ? "/stream" : "") + (has_timestamps ? "/with-timestamps" : "");
  if (path.voice_id.empty() || path.rest != known)
    return no_such_route(", with /stream, /with-timestamps or both behind it");
  auto request =
      parse_elevenlabs_request(path.voice_id, asked.query, asked.body, *context.live.now().options);
  if (!request) return elevenlabs_error(request.error());
  request->delivery = is_streamed ? Delivery::kStream : Delivery::kWhole;
  request->has_timestamps = has_timestamps;
  request->speech.is_heard_live = is_streamed;
  auto work = speak(context, std::move(*request), asked);
  if (work) return std::move(*work);
  ApiError error = work.error();
  error.param.clear();  // the voice is not in the body
  Response refusal = elevenlabs_error(error);
  if (error.status == 503) refusal.set("Retry-After", "5");
  return refusal;
}

Answer answer_upgrade(const Context& context, const Request& request) {
  const Path path = read_path(request.path);
  const bool has_contexts = path.rest == "/multi-stream-input";
  if (path.voice_id.empty() || (!has_contexts && path.rest != "/stream-input"))
    return no_such_route("/stream-input or /multi-stream-input");
  auto handshake = read_handshake(context.live, request);
  if (!handshake) return std::move(handshake).error();
  using Contexts = ElevenLabsConversation::Contexts;
  return Upgrade{
      .conversation = std::make_shared<ElevenLabsConversation>(
          context, std::move(handshake->asked), handshake->key,
          has_contexts ? Contexts::kSeveral : Contexts::kOne,
          parse_elevenlabs_settings(path.voice_id, request.query, *context.live.now().options)),
      .subprotocol =
          offers_subprotocol(request, kElevenLabsSubprotocol) ? kElevenLabsSubprotocol : ""};
}

}  // namespace

std::vector<Route> elevenlabs_routes(const Context& context) {
  return {{"POST", std::string(kFolder) + "*",
           [&context](const Request& request) { return answer_text_to_speech(context, request); },
           Access::kKey, Pace::kQuick, ErrorForm::kElevenLabs},
          {"GET", std::string(kFolder) + "*",
           [&context](const Request& request) { return answer_upgrade(context, request); },
           Access::kOpen, Pace::kQuick, ErrorForm::kElevenLabs}};
}

}  // namespace orpheus::http
