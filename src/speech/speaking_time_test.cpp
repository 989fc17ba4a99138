#include "speech/speaking_time.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus::speech {
namespace {

std::string repeated(std::string_view letter, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += letter;
  return text;
}

// Guards against: the estimate counts bytes instead of characters, or is zero for a short piece.
TEST(UsualSeconds, FollowTheCharactersAndAreNeverBelowOne) {
  EXPECT_DOUBLE_EQ(usual_seconds("", 15), 1.0);
  EXPECT_DOUBLE_EQ(usual_seconds("a", 15), 1.0);
  EXPECT_DOUBLE_EQ(usual_seconds(repeated("a", 15), 15), 1.0);
  EXPECT_DOUBLE_EQ(usual_seconds(repeated("a", 30), 15), 2.0);
  EXPECT_DOUBLE_EQ(usual_seconds(repeated("a", 30), 10), 3.0);
  for (const char* letter : {"é", "世", "👍"})
    EXPECT_DOUBLE_EQ(usual_seconds(repeated(letter, 45), 15), 3.0) << letter;
}

// Guards against: a limit too short for slow text: digits, syllables, tags, stops.
TEST(LongestSeconds, EveryCharacterHasItsOwnTime) {
  EXPECT_DOUBLE_EQ(longest_seconds(""), 3.0);
  const auto added_by = [](std::string_view text) { return longest_seconds(text) - 3.0; };
  for (const char* letter : {"a", "é", " ", "ж", "ब"})
    EXPECT_NEAR(added_by(letter), 0.13, 1e-9) << letter;
  for (const char* digit : {"0", "7", "९"}) EXPECT_NEAR(added_by(digit), 0.7, 1e-9) << digit;
  for (const char* syllable : {"世", "한", "ひ", "カ"})
    EXPECT_NEAR(added_by(syllable), 0.45, 1e-9) << syllable;
  for (const char* sign : {".", "!", "。", "»"}) EXPECT_NEAR(added_by(sign), 0.3, 1e-9) << sign;
  EXPECT_NEAR(added_by("<laugh>"), 2.5 + 6 * 0.13, 1e-9);
  EXPECT_NEAR(added_by("Page 12: 世."), 6 * 0.13 + 2 * 0.7 + 2 * 0.3 + 0.45, 1e-9);
}

TEST(LongestSeconds, AreMoreThanUsualOnes) {
  for (const char* letter : {"a", "1", "世", ".", "<"}) {
    for (const int count : {1, 10, 100, 1000})
      EXPECT_GT(longest_seconds(repeated(letter, count)),
                usual_seconds(repeated(letter, count), 15))
          << count << " " << letter;
  }
}

}  // namespace
}  // namespace orpheus::speech
