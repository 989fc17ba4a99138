#pragma once
// Reads little-endian values from untrusted bytes, which may end anywhere. Also makes names
// printable for messages. One thread.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orpheus::convert {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // Returns nothing and does not move if too few bytes are left.
  std::optional<std::span<const std::byte>> take(uint64_t count) {
    if (count > bytes_.size() - position_) return std::nullopt;
    const auto taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += taken.size();
    return taken;
  }

  template <std::unsigned_integral T>
  std::optional<T> read() {
    const auto taken = take(sizeof(T));
    if (!taken) return std::nullopt;
    uint64_t value = 0;
    for (size_t i = sizeof(T); i-- > 0;)
      value = value << 8U | std::to_integer<uint64_t>((*taken)[i]);
    return static_cast<T>(value);
  }

  std::optional<std::string_view> text(uint64_t count) {
    const auto taken = take(count);
    if (!taken) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(taken->data()), taken->size());
  }

  // Reads up to the next line feed and skips it.
  std::optional<std::string_view> line() {
    const auto rest = bytes_.subspan(position_);
    for (size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] != std::byte{'\n'}) continue;
      const auto taken = text(i);
      ++position_;
      return taken;
    }
    return std::nullopt;
  }

  size_t position() const { return position_; }

 private:
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

// 'name' in quotes, with ? for unprintable or non-ASCII bytes; long names are cut.
inline std::string quoted(std::string_view name) {
  constexpr size_t kMaxBytes = 100;
  std::string text = "'";
  for (const char c : name.substr(0, kMaxBytes)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (name.size() > kMaxBytes ? "…'" : "'");
}

}  // namespace orpheus::convert
