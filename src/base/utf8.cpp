#include "base/utf8.h"

#include <algorithm>
#include <cstring>

#include <unicode/utf8.h>

namespace orpheus {

namespace {

// Whether these eight bytes are ASCII.
bool are_ascii(const uint8_t* bytes) {
  uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  return (eight & 0x8080'8080'8080'8080U) == 0;
}

}  // namespace

std::optional<size_t> find_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  constexpr int64_t kAtOnce = sizeof(uint64_t);
  for (int64_t offset = 0; offset < size;) {
    if (size - offset >= kAtOnce && are_ascii(bytes + offset)) {
      offset += kAtOnce;
      continue;
    }
    const int64_t start = offset;
    UChar32 code_point = 0;
    U8_NEXT(bytes, offset, size, code_point);
    if (code_point < 0) return static_cast<size_t>(start);
  }
  return std::nullopt;
}

Result<void> check_text(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the text is too long",
                 .expected = "at most " + std::to_string(max_bytes) + " bytes",
                 .found = std::to_string(text.size())});
  }
  if (const auto offset = find_invalid_utf8(text)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the text is not UTF-8 at byte " + std::to_string(*offset),
                 .remedy = "Send the text as UTF-8."});
  }
  return {};
}

std::string printable(std::string_view text) {
  constexpr UChar32 kLineSeparator = 0x2028;
  constexpr UChar32 kParagraphSeparator = 0x2029;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string line;
  line.reserve(text.size());
  for (int64_t offset = 0; offset < size;) {
    const int64_t start = offset;
    UChar32 c = 0;
    U8_NEXT(bytes, offset, size, c);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    if (control || c == kLineSeparator || c == kParagraphSeparator) {
      line += "\uFFFD";
    } else {
      line += text.substr(static_cast<size_t>(start), static_cast<size_t>(offset - start));
    }
  }
  return line;
}

std::string_view whole_characters(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && U8_IS_TRAIL(static_cast<uint8_t>(text[end]))) --end;
  return text.substr(0, end);
}

std::string printable_excerpt(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  std::string line;
  size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  bool is_cut = false;
  while (begin < text.size() && !is_cut) {
    size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    const size_t room = max_bytes - std::min(max_bytes, line.size() + (line.empty() ? 0 : 1));
    is_cut = end - begin > room;
    if (is_cut) end = begin + whole_characters(text.substr(begin), room).size();
    if (!line.empty() && end > begin) line += ' ';
    line += text.substr(begin, end - begin);
    begin = std::min(text.find_first_not_of(kBlanks, end), text.size());
  }
  return printable(line) + (is_cut ? "…" : "");
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace orpheus
