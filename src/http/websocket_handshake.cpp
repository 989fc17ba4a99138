#include "http/websocket_handshake.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "http/access.h"
#include "http/errors.h"

namespace orpheus::http {
namespace {

// The items of every header of this name: "a, b".
std::vector<std::string_view> items_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> items;
  for (const Header& header : request.headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
      while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
      if (!item.empty()) items.push_back(item);
    }
  }
  return items;
}

bool lists(const Request& request, std::string_view name, std::string_view wanted) {
  const auto items = items_of(request, name);
  return std::any_of(items.begin(), items.end(),
                     [&](std::string_view item) { return equal_ignoring_case(item, wanted); });
}

// 16 random bytes in base64.
bool is_nonce(std::string_view text) {
  constexpr size_t kLength = 24;
  return text.size() == kLength && text.ends_with("==") &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == kLength - 2;
}

std::optional<Response> refuse_upgrade(const Request& request) {
  const bool asks = request.method == "GET" && lists(request, "Upgrade", "websocket") &&
                    lists(request, "Connection", "upgrade");
  if (!asks || request.header("Sec-WebSocket-Version") != "13") {
    Response response = error_response(
        {.status = 426,
         .message = "this route is a WebSocket of version 13: connect with ws:// or wss://",
         .code = "upgrade_required"});
    response.set("Upgrade", "websocket");
    response.set("Sec-WebSocket-Version", "13");
    return response;
  }
  if (!is_nonce(request.header("Sec-WebSocket-Key").value_or("")) || !request.body.empty()) {
    return error_response({.status = 400,
                           .message = "this is not the handshake of a WebSocket (expected 16 bytes "
                                      "in base64 as Sec-WebSocket-Key, and no body)",
                           .code = "bad_request"});
  }
  return std::nullopt;
}

std::optional<std::string_view> key_in_subprotocols(const Request& request) {
  for (const std::string_view item : items_of(request, "Sec-WebSocket-Protocol")) {
    for (const std::string_view prefix : {"orpheus.key.", "openai-insecure-api-key."})
      if (item.starts_with(prefix)) return item.substr(prefix.size());
  }
  return std::nullopt;
}

}  // namespace

tl::expected<Handshake, Response> read_handshake(const Live& live, const Request& request) {
  if (auto refusal = refuse_upgrade(request)) return tl::unexpected(std::move(*refusal));
  if (live.draining()) return tl::unexpected(stopping_response());
  Handshake handshake{.asked = request};
  if (const auto key = key_in_subprotocols(request)) {
    auto& headers = handshake.asked.headers;
    headers.insert(headers.begin(), {"Authorization", "Bearer " + std::string(*key)});
  }
  const bool has_key = !key_of(handshake.asked).empty();
  auto refusal = refuse_access(*live.now().options, Access::kKey, handshake.asked);
  if (refusal && has_key) return tl::unexpected(std::move(*refusal));
  if (refusal) handshake.key = SocketKey::kExpected;
  return handshake;
}

std::optional<Request> with_key(const Options& options, const Request& asked,
                                std::string_view key) {
  Request with = asked;
  with.headers.insert(with.headers.begin(), {"Authorization", "Bearer " + std::string(key)});
  if (refuse_access(options, Access::kKey, with)) return std::nullopt;
  return with;
}

bool offers_subprotocol(const Request& request, std::string_view name) {
  return lists(request, "Sec-WebSocket-Protocol", name);
}

}  // namespace orpheus::http
