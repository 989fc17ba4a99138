#pragma once
// Messages of a WebSocket as a stream of bytes, for a response channel. Pure.

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace orpheus::http {

struct MessageFrame {
  bool is_binary = false;
  std::chrono::microseconds sound{0};  // that the message carries
  std::vector<std::byte> payload;
  bool operator==(const MessageFrame&) const = default;
};

void append_frame(bool is_binary, std::chrono::microseconds sound,
                  std::span<const std::byte> payload, std::vector<std::byte>& bytes);
void append_frame(std::string_view text, std::chrono::microseconds sound,
                  std::vector<std::byte>& bytes);

// Belongs to one thread.
class FrameReader {
 public:
  void push(std::span<const std::byte> bytes);
  // The next whole message.
  std::optional<MessageFrame> next();

 private:
  std::vector<std::byte> bytes_;
  size_t at_ = 0;  // of the next message
};

}  // namespace orpheus::http
