#pragma once
// For tests: a WebSocket client that sends exactly the frames it is told to.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/server/testing/test_client.h"

namespace orpheus::http {

inline std::string handshake(std::string_view more_headers = "",
                             std::string_view path = "/v1/audio/speech/stream") {
  return get(path,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 std::string(more_headers));
}

// A frame as a client sends it, with a mask. first: the flags and the opcode.
inline std::string frame(unsigned first, std::string_view payload) {
  constexpr std::string_view kMask = "\x01\x02\x03\x04";
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 65536) {
    bytes += static_cast<char>(0xFE);
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size() & 0xFFU);
  } else {
    bytes += static_cast<char>(0xFF);
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes += static_cast<char>(payload.size() >> static_cast<unsigned>(shift) & 0xFFU);
  }
  bytes += kMask;
  for (size_t i = 0; i < payload.size(); ++i)
    bytes += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  return bytes;
}

inline std::string text_frame(const nlohmann::json& message) { return frame(0x81, message.dump()); }

class SocketClient : public TestClient {
 public:
  struct Message {
    unsigned opcode = 0;
    std::string payload;
  };

  explicit SocketClient(uint16_t port, std::string_view more_headers = "",
                        std::string_view behind = "")
      : SocketClient(port, handshake(more_headers) + std::string(behind), Sends{}) {}
  // Another route than that of speech.
  static SocketClient at(std::string_view path, uint16_t port, std::string_view more_headers = "") {
    return {port, handshake(more_headers, path), Sends{}};
  }

  void say(const nlohmann::json& message) { EXPECT_TRUE(send(text_frame(message))); }
  void append(const std::string& text) { say({{"type", "input_text.append"}, {"text", text}}); }

  // The next frame; nothing if the connection ended.
  std::optional<Message> read_message() {
    const auto start = read_exactly(2);
    if (!start) return std::nullopt;
    size_t size = static_cast<unsigned char>((*start)[1]);
    if (size == 126 || size == 127) {
      const auto bytes = read_exactly(size == 126 ? 2 : 8);
      if (!bytes) return std::nullopt;
      size = 0;
      for (const char c : *bytes) size = size << 8U | static_cast<unsigned char>(c);
    }
    auto payload = read_exactly(size);
    if (!payload) return std::nullopt;
    return Message{.opcode = static_cast<unsigned char>((*start)[0]) & 0x0FU,
                   .payload = std::move(*payload)};
  }

  // The next message of the server; null if the socket closed.
  nlohmann::json read_json() {
    while (const auto message = read_message()) {
      if (message->opcode == 8) break;
      if (message->opcode == 1) return nlohmann::json::parse(message->payload);
    }
    return {};
  }

  // The next event of this type; those before it are dropped. Null if the socket closed.
  nlohmann::json read_event(std::string_view type) {
    while (const auto message = read_message()) {
      if (message->opcode == 2) num_binary_bytes += message->payload.size();
      if (message->opcode == 8) break;
      if (message->opcode != 1) continue;
      auto event = nlohmann::json::parse(message->payload);
      if (event["type"] == type) return event;
    }
    ADD_FAILURE() << "no " << type;
    return {};
  }

  // The close code; nothing if the connection ended without one.
  std::optional<int> read_close() {
    while (const auto message = read_message()) {
      if (message->opcode != 8) continue;
      if (message->payload.size() < 2) return 1005;
      return static_cast<unsigned char>(message->payload[0]) << 8 |
             static_cast<unsigned char>(message->payload[1]);
    }
    return std::nullopt;
  }

  Reply head;
  size_t num_binary_bytes = 0;

 private:
  struct Sends {};
  SocketClient(uint16_t port, const std::string& bytes, Sends /*tag*/) : TestClient(port) {
    send(bytes);
    head = read_head();
  }
};

}  // namespace orpheus::http
