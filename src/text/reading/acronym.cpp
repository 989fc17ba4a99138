// Spells acronyms, for a voice that was trained with words only: DNA as D N A, but NASA as a word.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kLongest = 5;  // more capitals are a word in capitals

bool is_capitals(std::string_view word) {
  return word.size() >= 2 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

Reading say_acronym(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const size_t end = scan.end_of_letters(offset);
  const std::string_view word = scan.part(offset, end);
  if (!is_capitals(word) || word.size() > kLongest || !scan.ends_token(end)) return std::nullopt;
  if (from.language.lists("acronyms.words", word)) return std::nullopt;
  // Among other words in capitals it is a word.
  if (is_capitals(scan.word_before(offset)) || is_capitals(scan.word_after(end)))
    return std::nullopt;
  std::string letters;
  for (const char letter : word) {
    if (!letters.empty()) letters += ' ';
    letters += letter;
  }
  return Said{.end = end, .words = std::move(letters)};
}

}  // namespace orpheus::text::reading
