#include "base/byte_alphabet.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <unicode/utf8.h>

namespace orpheus {
namespace {

// A byte that is printable in Latin-1 is written as that character; the other 68 as U+0100, ….
constexpr bool stands_for_itself(size_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr size_t kAlphabetEnd = 0x100 + 68;
constexpr int16_t kNone = -1;

constexpr std::array<int16_t, kAlphabetEnd> byte_by_code_point() {
  std::array<int16_t, kAlphabetEnd> bytes{};
  size_t next = 0x100;
  for (size_t byte = 0; byte < 0x100; ++byte) {
    if (!stands_for_itself(byte)) bytes[byte] = kNone;
    bytes[stands_for_itself(byte) ? byte : next++] = static_cast<int16_t>(byte);
  }
  return bytes;
}
constexpr auto kByteByCodePoint = byte_by_code_point();

}  // namespace

std::vector<std::string> byte_spellings() {
  std::vector<std::string> spellings(0x100);
  for (size_t code_point = 0; code_point < kAlphabetEnd; ++code_point) {
    if (kByteByCodePoint[code_point] == kNone) continue;
    std::string& spelling = spellings[static_cast<size_t>(kByteByCodePoint[code_point])];
    if (code_point >= 0x80) spelling += static_cast<char>(0xC0U | (code_point >> 6U));
    spelling += static_cast<char>(code_point < 0x80 ? code_point : 0x80U | (code_point & 0x3FU));
  }
  return spellings;
}

std::string bytes_spelled(std::string_view spelling) {
  std::string bytes;
  bytes.reserve(spelling.size());
  const auto* raw = reinterpret_cast<const uint8_t*>(spelling.data());
  const auto size = static_cast<int64_t>(spelling.size());
  for (int64_t offset = 0; offset < size;) {
    const int64_t start = offset;
    UChar32 code_point = 0;
    U8_NEXT(raw, offset, size, code_point);
    const bool in_alphabet = code_point >= 0 && static_cast<size_t>(code_point) < kAlphabetEnd &&
                             kByteByCodePoint[static_cast<size_t>(code_point)] != kNone;
    if (in_alphabet) {
      bytes += static_cast<char>(kByteByCodePoint[static_cast<size_t>(code_point)]);
    } else {
      bytes += spelling.substr(static_cast<size_t>(start), static_cast<size_t>(offset - start));
    }
  }
  return bytes;
}

}  // namespace orpheus
