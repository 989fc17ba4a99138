#include "text/words.h"

#include <algorithm>

namespace orpheus::text {

std::vector<Word> words_of(const Spanned& spoken) {
  const std::string_view text = spoken.text();
  std::vector<Word> words;
  for (size_t begin = text.find_first_not_of(" \n"); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    words.push_back({.text = {begin, end}, .origin = spoken.origin({begin, end})});
    begin = text.find_first_not_of(" \n", end);
  }
  return words;
}

Utf16Offsets::Utf16Offsets(std::string_view input) {
  before_.reserve(input.size() + 1);
  uint32_t units = 0;
  for (const char c : input) {
    before_.push_back(units);
    const auto byte = static_cast<unsigned char>(c);
    const bool goes_on = (byte & 0xC0U) == 0x80U;
    if (!goes_on) units += byte >= 0xF0 ? 2 : 1;
  }
  before_.push_back(units);
}

size_t Utf16Offsets::at(size_t byte_offset) const {
  return before_[std::min(byte_offset, before_.size() - 1)];
}

}  // namespace orpheus::text
