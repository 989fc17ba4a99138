#include "align/estimate.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "align/words.h"

namespace orpheus::align {
namespace {

constexpr int64_t kLevel = kSamplesPerLevel;

std::vector<WordTime> times_of(std::string_view text, int64_t num_samples,
                               const std::vector<float>& levels = {}) {
  const text::Spanned spoken = text::Spanned::verbatim(text);
  return estimate(spoken, words_in(spoken, "en"), {.num_samples = num_samples, .levels = levels});
}

// Levels of stretches, in turn sound and silence.
std::vector<float> levels_of(std::initializer_list<int> stretches) {
  std::vector<float> levels;
  bool is_sound = true;
  for (const int count : stretches) {
    levels.insert(levels.end(), static_cast<size_t>(count), is_sound ? 0.2F : 0.001F);
    is_sound = !is_sound;
  }
  return levels;
}

void expect_in_order(const std::vector<WordTime>& words, int64_t num_samples) {
  int64_t behind = 0;
  for (const WordTime& word : words) {
    EXPECT_LE(behind, word.begin);
    EXPECT_LE(word.begin, word.end);
    if (num_samples >= static_cast<int64_t>(words.size())) {
      EXPECT_LT(word.begin, word.end);
    }
    EXPECT_GE(word.confidence, 0.0F);
    EXPECT_LE(word.confidence, 1.0F);
    EXPECT_EQ(word.source, Source::kEstimate);
    behind = word.end;
  }
  EXPECT_LE(behind, num_samples);
}

// Whatever the sound is like: a client that seeks to a word must not leave the piece.
TEST(Estimate, WordsAreInOrderAndWithinThePiece) {
  uint32_t state = 7;
  const auto next = [&](uint32_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16U) % below;
  };
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const uint32_t num_words = 1 + next(20);
    for (uint32_t i = 0; i < num_words; ++i) {
      text += std::string(1 + next(9), static_cast<char>('a' + next(26)));
      text += std::vector<std::string>{" ", ", ", ". ", " — ", "; "}[next(5)];
    }
    std::vector<float> levels;
    const uint32_t num_stretches = next(12);
    for (uint32_t i = 0; i < num_stretches; ++i)
      levels.insert(levels.end(), 1 + next(40), next(2) == 0 ? 0.3F : 0.0F);
    const int64_t num_samples =
        levels.empty() ? next(50000) : static_cast<int64_t>(levels.size()) * kLevel - next(200);
    const auto words = times_of(text, num_samples, levels);
    EXPECT_EQ(words.size(), num_words);
    expect_in_order(words, num_samples);
  }
  EXPECT_TRUE(times_of("", 1000).empty());
  EXPECT_TRUE(times_of("…", 1000).empty());
  expect_in_order(times_of("one two three", 0), 0);
  expect_in_order(times_of("one two three", 2), 2);
}

TEST(Estimate, SilenceAroundTheSpeechIsNoWord) {
  const auto levels = levels_of({0, 30, 100, 50});
  const auto words = times_of("Hello there", 180 * kLevel, levels);
  EXPECT_EQ(words.front().begin, 30 * kLevel);
  EXPECT_EQ(words.back().end, 130 * kLevel);
}

// A pause stands at the comma even if the words before it were spoken slowly.
TEST(Estimate, APauseIsAtPunctuation) {
  const auto levels = levels_of({90, 25, 110});
  const auto words = times_of("Some words, then several more of them", 225 * kLevel, levels);
  EXPECT_EQ(words[1].end, 90 * kLevel);
  EXPECT_EQ(words[2].begin, 115 * kLevel);
  EXPECT_GT(words[2].confidence, words[4].confidence);
}

// The closure of a consonant is short, and no word ends there.
TEST(Estimate, AShortSilenceStaysWithinAWord) {
  const auto levels = levels_of({20, 9, 40, 30, 50});
  const auto words = times_of("Perhaps, tomorrow", 149 * kLevel, levels);
  EXPECT_EQ(words[0].begin, 0);
  EXPECT_EQ(words[0].end, 69 * kLevel);
  EXPECT_EQ(words[1].begin, 99 * kLevel);
}

// A pause for effect, without punctuation.
TEST(Estimate, ALongPauseIsBetweenWords) {
  const auto levels = levels_of({60, 50, 60});
  const auto words = times_of("nothing whatever", 170 * kLevel, levels);
  EXPECT_EQ(words[0].end, 60 * kLevel);
  EXPECT_EQ(words[1].begin, 110 * kLevel);
}

TEST(Estimate, WithoutLevelsPunctuationTakesTime) {
  const auto words = times_of("one, two. three four", int64_t{4} * kSampleRateHz);
  EXPECT_EQ(words.front().begin, 0);
  EXPECT_EQ(words.back().end, int64_t{4} * kSampleRateHz);
  const int64_t comma = words[1].begin - words[0].end;
  const int64_t stop = words[2].begin - words[1].end;
  EXPECT_GT(comma, 0);
  EXPECT_GT(stop, comma);
  EXPECT_EQ(words[3].begin, words[2].end);
}

TEST(Estimate, LongerWordsTakeLonger) {
  EXPECT_GT(usual_ms("understanding"), 2 * usual_ms("under"));
  EXPECT_GT(usual_ms("今天"), usual_ms("an"));
  EXPECT_GT(usual_ms("<laugh>"), usual_ms("laugh"));
  EXPECT_LT(usual_ms("ball"), usual_ms("bald"));
  EXPECT_NEAR(usual_ms("é"), usual_ms("e"), 1e-9);
}

// A piece is at most some hundred letters; also one with many pauses is done at once.
TEST(Estimate, ManyWordsAndPauses) {
  std::string text;
  std::vector<float> levels;
  for (int i = 0; i < 80; ++i) {
    text += i % 4 == 0 ? "word, " : "word ";
    levels.insert(levels.end(), 25, 0.2F);
    levels.insert(levels.end(), 10, 0.0F);
  }
  const auto num_samples = static_cast<int64_t>(levels.size()) * kLevel;
  const auto words = times_of(text, num_samples, levels);
  expect_in_order(words, num_samples);
  for (size_t i = 0; i < words.size(); ++i)
    EXPECT_LT(std::abs(words[i].begin - static_cast<int64_t>(i) * 35 * kLevel), 60 * kLevel) << i;
}

}  // namespace
}  // namespace orpheus::align
