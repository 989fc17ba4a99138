#include "http/heard.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

text::Spanned words(std::string_view text, size_t begin) {
  text::Spanned spanned;
  spanned.append_verbatim(text, begin);
  return spanned;
}

TEST(Heard, TellsTheCharacterAtATime) {
  Heard heard(10);
  EXPECT_EQ(heard.at(1), (text::Range{0, 0}));
  heard.begin_piece(0, words("0123456789", 0));
  heard.begin_piece(2, words("abcdefghij", 11));
  EXPECT_EQ(heard.at(0), (text::Range{0, 1}));
  EXPECT_EQ(heard.at(1), (text::Range{5, 6}));
  EXPECT_EQ(heard.at(1.999), (text::Range{9, 10}));
  EXPECT_EQ(heard.at(2), (text::Range{11, 12}));
  heard.end(12);
  EXPECT_EQ(heard.at(7), (text::Range{16, 17}));
  EXPECT_EQ(heard.at(12), (text::Range{21, 21}));
  EXPECT_EQ(heard.at(100), (text::Range{21, 21}));
}

// A piece that is still being made has its usual length.
TEST(Heard, GuessesTheLengthOfTheLastPiece) {
  Heard heard(10);
  heard.begin_piece(0, words(std::string(100, 'a'), 0));
  EXPECT_NEAR(static_cast<double>(heard.at(5).begin), 50, 10);
  EXPECT_EQ(heard.at(60), (text::Range{100, 100}));
}

TEST(Heard, ASpokenFormIsHeardAsAWhole) {
  text::Spanned spanned = words("It costs ", 0);
  spanned.append_spoken("five dollars", {9, 11});
  Heard heard(10);
  heard.begin_piece(0, spanned);
  heard.end(21);
  EXPECT_EQ(heard.at(15), (text::Range{9, 11}));
}

// An agent that is interrupted must know which word was heard, not only about where.
TEST(Heard, KnownWordsDecide) {
  text::Spanned spanned = words("It costs ", 100);
  spanned.append_spoken("five dollars", {109, 111});
  spanned.append_verbatim(", he said.", 111);
  const auto word = [&](std::string_view text, double begin_s, double end_s) {
    const size_t begin = spanned.text().find(text);
    return align::WordTime{.word = std::string(text),
                           .text = {begin, begin + text.size()},
                           .begin = static_cast<int64_t>(begin_s * align::kSampleRateHz),
                           .end = static_cast<int64_t>(end_s * align::kSampleRateHz)};
  };
  for (const double speed : {1.0, 2.0}) {
    Heard heard(10);
    heard.begin_piece(0, spanned);
    const std::vector<align::WordTime> first = {word("It", 0.2, 0.4), word("costs", 0.4, 0.9),
                                                word("five", 0.9, 1.3)};
    const std::vector<align::WordTime> rest = {word("dollars", 1.3, 2), word("he", 2.6, 2.8),
                                               word("said", 2.8, 3.4)};
    heard.add_words(first, speed);
    const auto at = [&](double seconds) { return heard.at(seconds / speed); };
    EXPECT_EQ(at(0.1), (text::Range{100, 100}));
    EXPECT_EQ(heard.word_at(0.1 / speed), "");
    EXPECT_EQ(at(0.5), (text::Range{103, 108}));
    EXPECT_EQ(heard.word_at(0.5 / speed), "costs");
    EXPECT_EQ(at(1.0), (text::Range{109, 111}));
    EXPECT_EQ(heard.word_at(1.0 / speed), "five");
    EXPECT_GE(at(2.5).begin, 109U) << "a guess is not before what is known";
    heard.add_words(rest, speed);
    heard.end(3.6 / speed);
    EXPECT_EQ(heard.word_at(1.5 / speed), "dollars");
    EXPECT_EQ(at(2.3), (text::Range{111, 111})) << "in the pause";
    EXPECT_EQ(heard.word_at(2.3 / speed), "dollars");
    EXPECT_EQ(at(2.7), (text::Range{113, 115}));
    EXPECT_EQ(at(4), (text::Range{121, 121}));
    EXPECT_EQ(heard.word_at(4 / speed), "said");
  }
}

// Guards against: an agent is told of a word that was half spoken, although its parts have times.
TEST(Heard, AKnownWordNeedsNoBlanksAroundIt) {
  const text::Spanned spanned = words("a well-known fact", 0);
  Heard heard(10);
  heard.begin_piece(0, spanned);
  std::vector<align::WordTime> times;
  for (const std::string_view word : {"a", "well", "known", "fact"}) {
    const size_t begin = spanned.text().find(word);
    const auto second = static_cast<int64_t>(times.size());
    times.push_back({.word = std::string(word),
                     .text = {begin, begin + word.size()},
                     .begin = second * align::kSampleRateHz,
                     .end = (second + 1) * align::kSampleRateHz});
  }
  heard.add_words(times, 1);
  heard.end(4);
  EXPECT_EQ(heard.word_at(1.5), "well");
  EXPECT_EQ(heard.word_at(2.5), "known");
  EXPECT_EQ(heard.word_at(3.5), "fact");
}

TEST(Heard, GuessesTheWordWhereNoneIsKnown) {
  Heard heard(10);
  EXPECT_EQ(heard.word_at(1), "");
  heard.begin_piece(0, words("\"Some words,\" he said.", 0));
  heard.end(2.2);
  EXPECT_EQ(heard.word_at(0.05), "");
  EXPECT_EQ(heard.word_at(0.3), "Some");
  EXPECT_EQ(heard.word_at(0.9), "words");
  EXPECT_EQ(heard.word_at(1.25), "words");
  EXPECT_EQ(heard.word_at(1.45), "he");
  EXPECT_EQ(heard.word_at(9), "said");
}

TEST(Heard, CharactersOfSeveralBytesAreNotDivided) {
  Heard heard(10);
  heard.begin_piece(0, words("äöü", 0));
  heard.end(6);
  for (size_t second = 0; second < 6; ++second) {
    const size_t begin = second / 2 * 2;
    EXPECT_EQ(heard.at(static_cast<double>(second)), (text::Range{begin, begin + 2})) << second;
  }
}

}  // namespace
}  // namespace orpheus::http
