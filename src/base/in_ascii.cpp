#include "base/in_ascii.h"

#include <algorithm>
#include <charconv>

#include <spdlog/fmt/fmt.h>

namespace orpheus {

std::string in_ascii(std::string_view text) {
  std::string ascii;
  ascii.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != '~') {
      ascii += c;
    } else {
      ascii += fmt::format("~{:02x}", byte);
    }
  }
  return ascii;
}

std::string from_ascii(std::string_view ascii) {
  std::string text;
  for (size_t at = 0; at < ascii.size(); ++at) {
    unsigned byte = 0;
    const auto digits = ascii.substr(std::min(at + 1, ascii.size()), 2);
    const bool stands_for_one =
        ascii[at] == '~' && digits.size() == 2 &&
        std::from_chars(digits.begin(), digits.end(), byte, 16).ptr == digits.end();
    text += stands_for_one ? static_cast<char>(byte) : ascii[at];
    if (stands_for_one) at += 2;
  }
  return text;
}

}  // namespace orpheus
