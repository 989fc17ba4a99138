#include "http/heard.h"

#include <string>

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
