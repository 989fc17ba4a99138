#include "http/speech_socket_api.h"

#include <memory>
#include <utility>

#include "http/speech_conversation.h"
#include "http/websocket_handshake.h"

namespace orpheus::http {
namespace {

Answer answer_upgrade(const Context& context, const Request& request) {
  auto handshake = read_handshake(context.live, request);
  if (!handshake) return std::move(handshake).error();
  return Upgrade{
      .conversation = std::make_shared<SpeechConversation>(context, std::move(handshake->asked),
                                                           handshake->key),
      .subprotocol = offers_subprotocol(request, kSpeechSubprotocol) ? kSpeechSubprotocol : ""};
}

}  // namespace

std::vector<Route> speech_socket_routes(const Context& context) {
  return {{"GET", "/v1/audio/speech/stream",
           [&context](const Request& request) { return answer_upgrade(context, request); },
           Access::kOpen}};
}

}  // namespace orpheus::http
