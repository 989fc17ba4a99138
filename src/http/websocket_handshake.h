#pragma once
// What a request for a WebSocket must have, and the key that it may have. Pure functions.

#include <optional>
#include <string_view>

#include <tl/expected.hpp>

#include "http/conversation.h"
#include "http/live.h"
#include "http/request.h"
#include "http/response.h"

namespace orpheus::http {

struct Handshake {
  Request asked;  // with the key as a header, wherever it was
  SocketKey key = SocketKey::kGiven;
};

// Checks a request for a WebSocket. The key may come as a header or as a subprotocol:
// "orpheus.key.KEY" or, as OpenAI's clients send it, "openai-insecure-api-key.KEY". Errors: 426 (no
// WebSocket of version 13 is asked for), 400 (a wrong Sec-WebSocket-Key), 503 (the server stops),
// 401 (a wrong key). A request without a key, where one is needed, is asked for it in its first
// message.
tl::expected<Handshake, Response> read_handshake(const Live& live, const Request& request);

// The request with this key. Nothing if the key gives no access.
std::optional<Request> with_key(const Options& options, const Request& asked, std::string_view key);

// Whether the client offers this subprotocol.
bool offers_subprotocol(const Request& request, std::string_view name);

}  // namespace orpheus::http
