#include "text/words.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unicode/unistr.h>

namespace orpheus::text {
namespace {

std::vector<std::string> texts_of(const Spanned& spoken) {
  std::vector<std::string> texts;
  for (const Word& word : words_of(spoken))
    texts.push_back(spoken.text().substr(word.text.begin, word.text.size()));
  return texts;
}

// Guards against: a word is missing, empty, twice, or joined with its neighbour.
TEST(Words, AreWhatStandsBetweenBlanks) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    std::vector<std::string> expected;
    bool is_within = false;
    for (auto length = random() % 12; length > 0; --length) {
      const std::string part = std::array{" ", "\n", "a", "é,", "世"}.at(random() % 5);
      text += part;
      const bool is_blank = part == " " || part == "\n";
      if (!is_blank && is_within) expected.back() += part;
      if (!is_blank && !is_within) expected.push_back(part);
      is_within = !is_blank;
    }
    EXPECT_EQ(texts_of(Spanned::verbatim(text)), expected) << text;
  }
}

TEST(Words, KnowTheirPlaceInTheInput) {
  Spanned spoken;
  spoken.append_verbatim("It is ", 10);
  spoken.append_spoken("twenty five", {16, 18});
  spoken.append_verbatim(" now", 18);
  std::vector<Range> origins;
  for (const Word& word : words_of(spoken)) origins.push_back(word.origin);
  EXPECT_EQ(origins, (std::vector<Range>{{10, 12}, {13, 15}, {16, 18}, {16, 18}, {19, 22}}));
}

// Guards against: a browser marks another word, behind a character of several bytes or units.
TEST(Utf16Offsets, AreThoseOfTheSameTextInUtf16) {
  std::string text;
  for (const char* part :
       {"a", "\x7F", "\u0080", "é", "\u07FF", "\u0800", "世", "\uFFFD", "\U00010000", "😀", "z"})
    text += part;
  const Utf16Offsets offsets(text);
  for (size_t at = 0; at <= text.size(); ++at) {
    const bool is_within =
        at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    if (is_within) continue;
    const auto before = icu::UnicodeString::fromUTF8(text.substr(0, at));
    EXPECT_EQ(offsets.at(at), static_cast<size_t>(before.length())) << at;
  }
  EXPECT_EQ(offsets.at(text.size() + 1), offsets.at(text.size()));
  EXPECT_EQ(Utf16Offsets("").at(0), 0U);
}

}  // namespace
}  // namespace orpheus::text
