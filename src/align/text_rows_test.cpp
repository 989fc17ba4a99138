#include "align/text_rows.h"

#include <gtest/gtest.h>

#include "text/spanned.h"

namespace orpheus::align {
namespace {

// Words between blanks, as far as these tests need them.
std::vector<text::Word> words(std::string_view text) {
  return text::words_of(text::Spanned::verbatim(text));
}

TEST(TextRows, ATokenForEachByte) {
  const std::vector<std::string> tokens = {"r", ":", " ", "H", "i", " ", "y", "o", "u"};
  const TextRows found = text_rows(tokens, 3, "Hi you", words("Hi you"));
  EXPECT_EQ(found.first, 3);
  EXPECT_EQ(found.rows,
            (std::vector<TextRow>{{0, 1}, {0, 1}, {-1, 0}, {1, 1}, {1, 1}, {1, 1}, {-1, 0}}));
}

// Large vocabularies have the blank before a word in its token, also before the first.
TEST(TextRows, BlanksBeforeWords) {
  const std::vector<std::string> tokens = {"tara", ":", " Hello", " over", "morrow", "."};
  const std::string_view text = "Hello overmorrow.";
  const std::vector<text::Word> two = {{.text = {0, 5}, .origin = {}},
                                       {.text = {6, 16}, .origin = {}}};
  const TextRows found = text_rows(tokens, 6, text, two);
  EXPECT_EQ(found.first, 2);
  EXPECT_EQ(found.rows, (std::vector<TextRow>{{0, 5}, {1, 4}, {1, 6}, {-1, 0}, {-1, 0}}));
}

// A character may be cut by tokens; it counts once.
TEST(TextRows, PartsOfCharacters) {
  const std::vector<std::string> tokens = {"a: ", "\xC3", "\xA9t", "\xC3\xA9"};
  const TextRows found = text_rows(tokens, 3, "été", words("été"));
  EXPECT_EQ(found.rows, (std::vector<TextRow>{{0, 1}, {0, 1}, {0, 1}, {-1, 0}}));
}

TEST(TextRows, ATokenOfTwoWordsIsTheFirstOnes) {
  const std::vector<std::string> tokens = {"a: ", "in a", " way"};
  const TextRows found = text_rows(tokens, 3, "in a way", words("in a way"));
  EXPECT_EQ(found.rows, (std::vector<TextRow>{{0, 2}, {2, 3}, {-1, 0}}));
}

// Guards against: the length of a laugh is judged by the letters of "<laugh>".
TEST(TextRows, ATagHasNoLetters) {
  const std::string_view text = "Hi <laugh> you";
  const std::vector<std::string> tokens = {"a: ", "Hi", " <", "laugh", ">", " you"};
  const std::vector<text::Word> three = {{.text = {0, 2}, .origin = {}},
                                         {.text = {3, 10}, .origin = {}},
                                         {.text = {11, 14}, .origin = {}}};
  const TextRows found = text_rows(tokens, 3, text, three);
  EXPECT_EQ(found.rows, (std::vector<TextRow>{{0, 2}, {1, 0}, {1, 0}, {1, 0}, {2, 3}, {-1, 0}}));
}

// Tokens of another text, or none, must not lead outside of it.
TEST(TextRows, ShortTexts) {
  EXPECT_EQ(text_rows({}, 3, "", {}).rows.size(), 1U);
  const std::vector<std::string> tokens = {"a: ", "one", " two"};
  const TextRows found = text_rows(tokens, 3, "on", words("on"));
  EXPECT_EQ(found.rows, (std::vector<TextRow>{{0, 2}, {-1, 0}, {-1, 0}}));
}

}  // namespace
}  // namespace orpheus::align
