#include "http/character_times.h"

#include <random>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

std::string joined(const CharacterTimes& times) {
  std::string text;
  for (const std::string& character : times.characters) text += character;
  return text;
}

void expect_in_order(const CharacterTimes& times, double from_s, double to_s) {
  ASSERT_EQ(times.characters.size(), times.start_s.size());
  ASSERT_EQ(times.characters.size(), times.end_s.size());
  double at_s = from_s;
  for (size_t i = 0; i < times.characters.size(); ++i) {
    EXPECT_GE(times.start_s[i], at_s) << i;
    EXPECT_GE(times.end_s[i], times.start_s[i]) << i;
    at_s = times.end_s[i];
  }
  EXPECT_LE(at_s, to_s + 1e-9);
}

TEST(CharacterTimes, APieceDividesItsTimeAmongItsCharacters) {
  Aligner aligner;
  aligner.begin_piece(text::Spanned::verbatim("Hé 😀"), "Hé 😀", 1);
  EXPECT_FALSE(aligner.take()) << "its end is not known";
  aligner.end(2);
  const auto alignment = aligner.take();
  ASSERT_TRUE(alignment);
  EXPECT_EQ(alignment->start_s, 1);
  const std::vector<std::string> characters = {"H", "é", " ", "😀"};
  EXPECT_EQ(alignment->written.characters, characters);
  EXPECT_EQ(alignment->spoken.characters, characters);
  expect_in_order(alignment->spoken, 1, 2);
  EXPECT_DOUBLE_EQ(alignment->written.start_s[0], 1);
  EXPECT_DOUBLE_EQ(alignment->written.end_s[3], 2);
  EXPECT_FALSE(aligner.take());
}

// Guards against: what is not spoken, such as an emoji, is missing in the text as it was written.
TEST(CharacterTimes, CharactersThatAreNotSpokenAreThereAndMarkupIsNot) {
  const std::string input = "😀 Hi, <b>you 🎉";
  text::Spanned piece;
  piece.append_verbatim("Hi", 5);
  piece.append_spoken(" ", {8, 9});
  piece.append_verbatim("you", 12);
  Aligner aligner;
  aligner.begin_piece(piece, input, 1);
  aligner.begin_piece(text::Spanned::verbatim("now"), input + "now", 2);
  aligner.end(3);
  const auto alignment = aligner.take();
  ASSERT_TRUE(alignment);
  EXPECT_TRUE(joined(alignment->written).starts_with("😀 Hi, you"));
  expect_in_order(alignment->written, 1, 3);
}

// "$5" is spoken as two words, and both of its characters share their time.
TEST(CharacterTimes, AWrittenFormHasTheTimeOfItsWords) {
  const std::string input = "Pay $5 now";
  text::Spanned piece;
  piece.append_verbatim("Pay ", 0);
  piece.append_spoken("five", {4, 6});
  piece.append_spoken(" dollars", {4, 6});
  piece.append_verbatim(" now", 6);
  Aligner aligner;
  aligner.begin_piece(piece, input, 0);
  aligner.end(2);
  const auto alignment = aligner.take();
  ASSERT_TRUE(alignment);
  EXPECT_EQ(joined(alignment->written), input);
  EXPECT_EQ(joined(alignment->spoken), "Pay five dollars now");
  expect_in_order(alignment->written, 0, 2);
  EXPECT_DOUBLE_EQ(alignment->written.start_s[4], 0.4);
  EXPECT_DOUBLE_EQ(alignment->written.end_s[5], 1.6);
}

TEST(CharacterTimes, AWordTakesItsOwnTime) {
  Aligner aligner;
  aligner.begin_piece(text::Spanned::verbatim("One two."), "One two.", 0);
  // At twice the speed, one starts at 0.5 s and two at 1.5 s.
  const std::vector<align::WordTime> words = {
      {.word = "One", .text = {0, 3}, .begin = 24000, .end = 48000},
      {.word = "two", .text = {4, 7}, .begin = 72000, .end = 84000}};
  aligner.add_words(words, 2);
  aligner.end(2);
  const auto alignment = aligner.take();
  ASSERT_TRUE(alignment);
  expect_in_order(alignment->spoken, 0, 2);
  EXPECT_DOUBLE_EQ(alignment->spoken.start_s[0], 0.5);
  EXPECT_DOUBLE_EQ(alignment->spoken.end_s[2], 1);
  EXPECT_DOUBLE_EQ(alignment->written.start_s[4], 1.5);
  EXPECT_DOUBLE_EQ(alignment->written.end_s[6], 1.75);
  EXPECT_DOUBLE_EQ(alignment->written.end_s[7], 2);
}

// Clients join the characters of all pieces to words.
TEST(CharacterTimes, PiecesKeepTheBlanksBetweenThem) {
  const std::string input = "Hi. **How**\n <think>So. </think>are you";
  text::Spanned first;
  first.append_verbatim("Hi.", 0);
  text::Spanned second;
  second.append_verbatim("How", 6);
  second.append_spoken(" ", {9, 9});
  second.append_verbatim("are you", input.find("are you"));
  Aligner aligner;
  aligner.begin_piece(first, input, 0);
  aligner.begin_piece(second, input, 1);
  auto alignment = aligner.take();
  ASSERT_TRUE(alignment);
  EXPECT_EQ(joined(alignment->written), "Hi.");
  aligner.end(2);
  alignment = aligner.take();
  ASSERT_TRUE(alignment);
  EXPECT_EQ(alignment->start_s, 1);
  EXPECT_EQ(joined(alignment->written), " How are you");
  EXPECT_EQ(joined(alignment->spoken), " How are you");
  expect_in_order(alignment->written, 1, 2);
  expect_in_order(alignment->spoken, 1, 2);
}

// Guards against: origins that lie outside of the input, or before those of the piece before.
TEST(CharacterTimes, AnyPiecesHaveTimesInOrder) {
  std::mt19937 random(5);  // NOLINT: the same pieces in every run
  const std::string input = "äb cd **ef** 12 gh, ij. 😀 kl";
  for (int round = 0; round < 2000; ++round) {
    Aligner aligner;
    double at_s = 0;
    for (int i = 0; i < 4; ++i) {
      text::Spanned piece;
      size_t origin = random() % input.size();
      for (unsigned run = 0; run < random() % 4; ++run) {
        const size_t end = std::min<size_t>(origin + random() % 5, input.size() + 3);
        if (random() % 2 == 0 && end > origin && end <= input.size()) {
          piece.append_verbatim(std::string_view(input).substr(origin, end - origin), origin);
        } else {
          piece.append_spoken("word", {origin, end});
        }
        origin = std::max(origin, end - random() % 2);
      }
      aligner.begin_piece(piece, input, at_s);
      for (unsigned word = 0; word < random() % 3; ++word) {
        const align::WordTime time{.text = {random() % 20, random() % 20},
                                   .begin = static_cast<int64_t>(random() % 240000),
                                   .end = static_cast<int64_t>(random() % 240000)};
        aligner.add_words({&time, 1}, 1);
      }
      at_s += static_cast<double>(random() % 3);
    }
    aligner.end(at_s);
    const auto alignment = aligner.take();
    ASSERT_TRUE(alignment);
    expect_in_order(alignment->written, 0, at_s);
    expect_in_order(alignment->spoken, 0, at_s);
  }
}

}  // namespace
}  // namespace orpheus::http
