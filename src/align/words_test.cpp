#include "align/words.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::align {
namespace {

std::vector<std::string> texts_of(std::string_view text, std::string_view language = "en") {
  std::vector<std::string> found;
  for (const text::Word& word : words_in(text::Spanned::verbatim(text), language))
    found.emplace_back(text.substr(word.text.begin, word.text.size()));
  return found;
}

using Texts = std::vector<std::string>;

// A caption, a client that searches for a word, and an aligner want words without punctuation.
TEST(Words, StandWithoutThePunctuationAroundThem) {
  EXPECT_EQ(texts_of("\"Well,\" she said (quietly): no!"),
            (Texts{"Well", "she", "said", "quietly", "no"}));
  EXPECT_EQ(texts_of("Don't take the U.S. well-known one, O’Brien."),
            (Texts{"Don't", "take", "the", "U.S", "well-known", "one", "O’Brien"}));
  EXPECT_EQ(texts_of("yes—no … and - so on..."), (Texts{"yes", "no", "and", "so", "on"}));
  EXPECT_EQ(texts_of(" 3.14 at 10:30, a@b.org"), (Texts{"3.14", "at", "10:30", "a@b.org"}));
  EXPECT_EQ(texts_of(""), Texts{});
  EXPECT_EQ(texts_of(" … — ! "), Texts{});
}

TEST(Words, ATagIsAWord) {
  EXPECT_EQ(texts_of("Oh <laugh> no."), (Texts{"Oh", "<laugh>", "no"}));
  EXPECT_EQ(texts_of("a < b <c"), (Texts{"a", "b", "c"}));
}

// A sentence without blanks would else be one word of ten seconds.
TEST(Words, WritingWithoutBlanksIsDivided) {
  const std::string chinese = "今天天气很好，我们去公园。";
  const Texts words = texts_of(chinese, "zh");
  EXPECT_GE(words.size(), 5U);
  std::string joined;
  for (const std::string& word : words) joined += word;
  EXPECT_EQ(joined, "今天天气很好我们去公园");
  EXPECT_GE(texts_of("これは日本語の文章です", "ja").size(), 4U);
  EXPECT_EQ(texts_of("안녕하세요 여러분", "ko"), (Texts{"안녕하세요", "여러분"}));
  EXPECT_EQ(texts_of("नमस्ते दुनिया।", "hi"), (Texts{"नमस्ते", "दुनिया"}));
}

TEST(Words, KnowTheirPlaceInTheRequest) {
  text::Spanned spoken;
  spoken.append_verbatim("It costs ", 10);
  spoken.append_spoken("five dollars", {19, 21});
  spoken.append_verbatim(".", 21);
  const std::vector<text::Word> words = words_in(spoken, "en");
  ASSERT_EQ(words.size(), 4U);
  EXPECT_EQ(words[1].origin, (text::Range{13, 18}));
  EXPECT_EQ(words[2].origin, (text::Range{19, 21}));
  EXPECT_EQ(words[3].origin, (text::Range{19, 21}));
}

// Words of any bytes are in order, within the text and not empty.
TEST(Words, OfAnyTextAreInOrder) {
  const std::string alphabet = "ab '-.,<>/\n1\xC3\xA9\xE4\xBB\x8A\xE0\xB8\x81";
  uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525U + 1013904223U;
      text += alphabet[(state >> 16U) % alphabet.size()];
    }
    size_t behind = 0;
    for (const text::Word& word : words_in(text::Spanned::verbatim(text), "")) {
      EXPECT_LE(behind, word.text.begin);
      EXPECT_LT(word.text.begin, word.text.end);
      behind = word.text.end;
    }
    EXPECT_LE(behind, text.size());
  }
}

}  // namespace
}  // namespace orpheus::align
