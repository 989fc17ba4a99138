// Acronyms letter by letter, for a voice that was taught words alone: DNA as D N A, NASA as a word.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

constexpr size_t kLongest = 5;  // a longer row of capitals is a word that is shouted

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
  // Among other words in capitals it is one of them.
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
