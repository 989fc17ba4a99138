#include "align/text_rows.h"

#include <algorithm>

namespace orpheus::align {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// The row of a token with these bytes of the text. It belongs to the first word that it touches.
TextRow row_of(text::Range token, std::string_view text, std::span<const text::Word> words) {
  const auto word = std::find_if(words.begin(), words.end(), [&](const text::Word& candidate) {
    return candidate.text.end > token.begin;
  });
  if (word == words.end() || word->text.begin >= token.end) return {};
  const size_t begin = std::max(token.begin, word->text.begin);
  const size_t end = std::min(token.end, word->text.end);
  const int index = static_cast<int>(word - words.begin());
  // The length of a tag's sound ("<laugh>") does not follow from its letters.
  if (text[word->text.begin] == '<') return {.word = index};
  return {.word = index,
          .num_letters = static_cast<int>(
              std::count_if(text.begin() + static_cast<std::ptrdiff_t>(begin),
                            text.begin() + static_cast<std::ptrdiff_t>(end), begins_character))};
}

}  // namespace

TextRows text_rows(std::span<const std::string> tokens, size_t prefix, std::string_view text,
                   std::span<const text::Word> words) {
  TextRows found;
  size_t begin = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const size_t end = begin + tokens[i].size();
    if (end > prefix) {
      if (found.rows.empty()) found.first = static_cast<int>(i);
      const text::Range range{std::min(text.size(), begin > prefix ? begin - prefix : 0),
                              std::min(text.size(), end - prefix)};
      found.rows.push_back(row_of(range, text, words));
    }
    begin = end;
  }
  if (found.rows.empty()) found.first = static_cast<int>(tokens.size());
  found.rows.push_back({});
  return found;
}

}  // namespace orpheus::align
