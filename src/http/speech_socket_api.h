#pragma once
// WS /v1/audio/speech/stream: a WebSocket on which text is spoken while it arrives
// (speech_conversation.h).

#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

// The subprotocol of the conversation. A browser, which cannot set headers, may offer it together
// with "orpheus.key.KEY" or, as OpenAI's clients do, "openai-insecure-api-key.KEY".
inline constexpr const char* kSpeechSubprotocol = "orpheus.speech";

// The context must outlive the routes. Refusals: 426 (no WebSocket of version 13 is asked for), 400
// (a wrong Sec-WebSocket-Key), 401 (a wrong key). A request without a key, where one is needed, is
// asked for it in its first message.
std::vector<Route> speech_socket_routes(const Context& context);

}  // namespace orpheus::http
