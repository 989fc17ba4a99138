#include "http/message_frames.h"

#include <cstdint>
#include <cstring>

namespace orpheus::http {
namespace {

struct Head {
  uint32_t num_bytes = 0;
  uint32_t sound_us = 0;
  uint8_t is_binary = 0;
};
constexpr size_t kHeadBytes = 9;

}  // namespace

void append_frame(bool is_binary, std::chrono::microseconds sound,
                  std::span<const std::byte> payload, std::vector<std::byte>& bytes) {
  const Head head{.num_bytes = static_cast<uint32_t>(payload.size()),
                  .sound_us = static_cast<uint32_t>(sound.count()),
                  .is_binary = static_cast<uint8_t>(is_binary ? 1 : 0)};
  const size_t at = bytes.size();
  bytes.resize(at + kHeadBytes);
  std::memcpy(&bytes[at], &head.num_bytes, 4);
  std::memcpy(&bytes[at + 4], &head.sound_us, 4);
  bytes[at + 8] = std::byte{head.is_binary};
  bytes.insert(bytes.end(), payload.begin(), payload.end());
}

void append_frame(std::string_view text, std::chrono::microseconds sound,
                  std::vector<std::byte>& bytes) {
  append_frame(false, sound, std::as_bytes(std::span(text)), bytes);
}

void FrameReader::push(std::span<const std::byte> bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<MessageFrame> FrameReader::next() {
  if (bytes_.size() - at_ < kHeadBytes) return std::nullopt;
  Head head;
  std::memcpy(&head.num_bytes, &bytes_[at_], 4);
  std::memcpy(&head.sound_us, &bytes_[at_ + 4], 4);
  head.is_binary = std::to_integer<uint8_t>(bytes_[at_ + 8]);
  if (bytes_.size() - at_ - kHeadBytes < head.num_bytes) return std::nullopt;
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + kHeadBytes);
  MessageFrame frame{.is_binary = head.is_binary != 0,
                     .sound = std::chrono::microseconds(head.sound_us),
                     .payload = {begin, begin + head.num_bytes}};
  at_ += kHeadBytes + head.num_bytes;
  return frame;
}

}  // namespace orpheus::http
