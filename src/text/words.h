#pragma once
// The words of a spoken text with their places in the input, in bytes and in UTF-16 units (as
// browsers count). Pure; from any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::text {

struct Word {
  Range text;    // of the spoken text: what stands between blanks
  Range origin;  // of the input
};

// All words, in order.
std::vector<Word> words_of(const Spanned& spoken);

// UTF-16 units before each byte offset of a well-formed text.
class Utf16Offsets {
 public:
  explicit Utf16Offsets(std::string_view input);
  // byte_offset: up to the text's size; larger ones are the end.
  size_t at(size_t byte_offset) const;

 private:
  std::vector<uint32_t> before_;  // one more than bytes
};

}  // namespace orpheus::text
