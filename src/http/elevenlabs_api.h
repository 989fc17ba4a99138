#pragma once
// ElevenLabs' routes below /v1/text-to-speech/{voice_id}, with errors in their form:
//   POST, …/with-timestamps                one complete response
//   POST …/stream, …/stream/with-timestamps  sent while it is made
//   WS …/stream-input, …/multi-stream-input  text in parts (elevenlabs_conversation.h)

#include <string>
#include <vector>

#include "http/context.h"
#include "http/router.h"

namespace orpheus::http {

// The subprotocol of the sockets, for a browser that offers its key as another one
// ("orpheus.key.KEY").
inline constexpr const char* kElevenLabsSubprotocol = "orpheus.elevenlabs";

// The context must outlive the routes.
std::vector<Route> elevenlabs_routes(const Context& context);

}  // namespace orpheus::http
