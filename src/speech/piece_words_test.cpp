#include "speech/piece_words.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::speech {
namespace {

using align::Source;
using align::WordTime;

std::vector<float> samples_of(size_t count, float loudness) {
  return std::vector<float>(count, loudness);
}

WordTime placed(text::Range text, int64_t begin, int64_t end) {
  return {.word = "x",
          .text = text,
          .begin = begin,
          .end = end,
          .confidence = 1,
          .source = Source::kAttention};
}

// Guards against: a caption or a cursor that runs ahead of the sound, because silence was cut.
TEST(PieceWords, TimesAreThoseOfTheSpeech) {
  const auto text = text::Spanned::verbatim("Hello there.");
  for (const size_t chunk : {100U, 240U, 1000U, 48000U}) {
    PieceWords words(text, "en", 1.0);
    std::vector<float> sound = samples_of(4800, 0.0F);
    const auto speech = samples_of(24000, 0.3F);
    sound.insert(sound.end(), speech.begin(), speech.end());
    sound.resize(48000, 0.0F);
    for (size_t at = 0; at < sound.size(); at += chunk)
      words.push(std::span(sound).subspan(at, std::min(chunk, sound.size() - at)));
    const auto found = words.finish(10000, 0);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].begin, 14800);
    EXPECT_EQ(found[1].end, 38800);
    EXPECT_EQ(found[0].end, found[1].begin);
    EXPECT_EQ(found[1].word, "there");
    EXPECT_EQ(found[1].text, (text::Range{6, 11}));
  }
}

// A word is reported once, as soon as it is placed and the place of the piece is known.
TEST(PieceWords, WordsByAttentionComeEarlyAndTheRestIsEstimated) {
  const auto text = text::Spanned::verbatim("One two three four");
  PieceWords words(text, "en", 2.0);
  words.push(samples_of(6000, 0.3F));
  words.place(std::vector{placed({0, 3}, 0, 4000)});
  EXPECT_TRUE(words.take(std::nullopt).empty());
  const auto first = words.take(100);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].begin, 100);
  EXPECT_EQ(first[0].end, 2100);  // at twice the rate
  EXPECT_EQ(first[0].source, Source::kAttention);
  EXPECT_TRUE(words.take(100).empty());
  words.place(std::vector{placed({4, 7}, 3000, 6000)});  // does not go back
  words.push(samples_of(6000, 0.3F));
  const auto rest = words.finish(100, 0);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0].begin, 2100);
  EXPECT_EQ(rest[0].end, 3100);
  EXPECT_EQ(rest[1].source, Source::kEstimate);
  EXPECT_EQ(rest[1].word, "three");
  EXPECT_GE(rest[1].begin, 3100);
  EXPECT_EQ(rest[2].end, 12100);
}

TEST(PieceWords, AttentionCannotLeaveThePiece) {
  const auto text = text::Spanned::verbatim("One two");
  PieceWords words(text, "en", 1.0);
  words.place(
      std::vector{placed({0, 3}, 0, 1000), placed({4, 7}, 5000, 9000), placed({8, 9}, 9000, 9500)});
  words.push(samples_of(6000, 0.3F));
  const auto found = words.finish(0, 0);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].end, 6000);
}

// Guards against: after a repeated word, every later word has the time of its neighbour.
TEST(PieceWords, EachTimeGoesToItsWord) {
  const auto text = text::Spanned::verbatim("One two three four");
  PieceWords words(text, "en", 1.0);
  words.push(samples_of(24000, 0.3F));
  words.place(std::vector{placed({0, 3}, 0, 4000), placed({0, 3}, 4000, 8000)});
  words.place(std::vector{placed({8, 13}, 9000, 12000)});
  const auto found = words.finish(0, 0);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].end, 4000);
  EXPECT_EQ(found[1].word, "two");
  EXPECT_EQ(found[1].begin, found[1].end);
  EXPECT_EQ(found[1].confidence, 0.0F);
  EXPECT_TRUE(found[1].is_missing);
  EXPECT_FALSE(found[2].is_missing);
  EXPECT_EQ(found[2].begin, 9000);
  EXPECT_EQ(found[2].end, 12000);
  EXPECT_EQ(found[3].word, "four");
  EXPECT_EQ(found[3].source, Source::kEstimate);
}

// Guards against: a missing word is later than the start of the next word that was heard, or moves
// that word.
TEST(PieceWords, AMissingWordIsNotBehindTheNextOne) {
  const auto text = text::Spanned::verbatim("One two three four five");
  const auto missing = [](text::Range range, int64_t at) {
    WordTime word = placed(range, at, at);
    word.confidence = 0;
    word.is_missing = true;
    return word;
  };
  for (const int64_t at : {0, 5000, 9000, 20000, 90000}) {
    PieceWords words(text, "en", 1.0, 100);
    words.push(samples_of(24000, 0.3F));
    words.push(samples_of(24000, 0.0F));
    words.place(std::vector{placed({0, 3}, 0, 4000), missing({4, 7}, at)});
    auto found = words.take(0);
    words.place(std::vector{placed({8, 13}, 9000, 12000), missing({14, 18}, at)});
    for (WordTime& word : words.take(0)) found.push_back(std::move(word));
    words.place(std::vector{missing({19, 23}, at)});
    for (WordTime& word : words.finish(0, 0)) found.push_back(std::move(word));
    ASSERT_EQ(found.size(), 5U);
    EXPECT_EQ(found[0].begin, 100) << "behind the words before the piece";
    EXPECT_EQ(found[1].begin, std::clamp<int64_t>(at, 4000, 9000));
    EXPECT_EQ(found[2].begin, 9000);
    EXPECT_EQ(found[2].end, 12000);
    EXPECT_EQ(found[3].begin, std::clamp<int64_t>(at, 12000, 24000)) << "in the sound";
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_LE(found[i].begin, found[i].end);
      EXPECT_LE(i == 0 ? 0 : found[i - 1].end, found[i].begin) << i;
    }
  }
}

// Guards against: times before the speech, where its first silence was cut.
TEST(PieceWords, NoTimeIsNegative) {
  const auto text = text::Spanned::verbatim("One two");
  PieceWords words(text, "en", 1.0);
  words.place(std::vector{placed({0, 3}, 0, 3000), placed({4, 7}, 3000, 6000)});
  words.push(samples_of(9000, 0.3F));
  const auto found = words.finish(-4000, 0);
  ASSERT_EQ(found.size(), 2U);
  for (const WordTime& word : found) {
    EXPECT_GE(word.begin, 0);
    EXPECT_GE(word.end, word.begin);
  }
}

// A silent piece must not lose its words, nor give them a time that is not there.
TEST(PieceWords, APieceWithoutSoundHasItsWordsAtOnePlace) {
  const auto text = text::Spanned::verbatim("One two");
  PieceWords words(text, "en", 1.0);
  words.push(samples_of(6000, 0.0F));
  const auto found = words.finish(std::nullopt, 777);
  ASSERT_EQ(found.size(), 2U);
  for (const WordTime& word : found) {
    EXPECT_EQ(word.begin, 777);
    EXPECT_EQ(word.end, 777);
    EXPECT_EQ(word.confidence, 0.0F);
  }
}

}  // namespace
}  // namespace orpheus::speech
