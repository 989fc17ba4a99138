#include "text/sentences.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace orpheus::text {
namespace {

// Words that begin a sentence more often than a surname: "Plan B. It works."
constexpr std::array<std::string_view, 24> kBeginnings = {
    "A",  "After", "And", "As",  "At", "But",  "For", "He",   "However", "I",    "If",   "In",
    "It", "Now",   "On",  "She", "So", "That", "The", "Then", "There",   "They", "This", "We"};

bool is_blank(char c) { return c == ' ' || c == '\n'; }

UChar32 first_of(std::string_view text) {
  UChar32 c = 0;
  size_t at = 0;
  if (!text.empty()) U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), at, text.size(), c);
  return c;
}

std::string_view word_at(std::string_view text, size_t offset) {
  const size_t end = std::min(text.find_first_of(" \n.,;:!?'", offset), text.size());
  return text.substr(offset, end - offset);
}

constexpr size_t kLongestInitials = 8;  // bytes: "J.R.R.T."

// The last bytes of the word before this offset, with its stops: one byte more than initials can
// have, because a text without blanks may have thousands.
std::string_view word_before(std::string_view text, size_t end) {
  while (end > 0 && is_blank(text[end - 1])) --end;
  size_t begin = end;
  while (begin > 0 && end - begin <= kLongestInitials && !is_blank(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// "J." and "J.R."
bool is_initial(std::string_view word) {
  if (word.size() < 2 || word.size() > kLongestInitials || word.size() % 2 != 0) return false;
  for (size_t i = 0; i < word.size(); i += 2)
    if (word[i] < 'A' || word[i] > 'Z' || word[i + 1] != '.') return false;
  return true;
}

}  // namespace

bool goes_on(std::string_view text, size_t offset) {
  if (offset == 0 || offset >= text.size() || text[offset - 1] == '\n') return false;
  const UChar32 next = first_of(text.substr(offset));
  if (u_islower(next) != 0) return true;
  const std::string_view before = word_before(text, offset);
  if (!is_initial(before) || u_isupper(next) == 0) return false;
  const std::string_view after = word_at(text, offset);
  if (after.size() == 1 && offset + 1 < text.size() && text[offset + 1] == '.') return true;
  if (std::find(kBeginnings.begin(), kBeginnings.end(), after) != kBeginnings.end()) return false;
  return before != "I.";
}

}  // namespace orpheus::text
