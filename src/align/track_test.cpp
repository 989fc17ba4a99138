#include "align/track.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "align/testing/spoken_rows.h"

namespace orpheus::align {
namespace {

using testing::halves_of_word;
using testing::rows_of_letters;
using testing::rows_of_words;
using testing::spoken_once;

std::vector<SpokenWord> words_of(const std::vector<TextRow>& rows,
                                 const std::vector<FrameEvidence>& frames) {
  Track track(rows);
  std::vector<SpokenWord> words;
  for (const FrameEvidence& frame : frames) {
    track.push(frame);
    while (const auto word = track.next()) words.push_back(*word);
  }
  track.finish();
  while (const auto word = track.next()) words.push_back(*word);
  EXPECT_FALSE(track.current());
  return words;
}

TEST(Track, EveryWordOnceWithItsHalfFrames) {
  for (const auto& rows :
       {rows_of_letters("one, two three four"), rows_of_words("one two three")}) {
    const std::vector<int> spoken = spoken_once(rows);
    const auto words = words_of(rows, testing::evidence_of(spoken, rows.size()));
    int next = 0;
    int behind = 0;
    for (const SpokenWord& word : words) {
      EXPECT_EQ(word.begin, behind);  // words and pauses cover the piece
      behind = word.end;
      EXPECT_FALSE(word.goes_back);
      EXPECT_EQ(word.surprise, 2 * kNat);
      if (word.word < 0) continue;
      EXPECT_EQ(word.word, next++);
      const auto [begin, end] = halves_of_word(rows, spoken, word.word);
      EXPECT_EQ(word.begin, static_cast<int>(begin));
      EXPECT_EQ(word.end, static_cast<int>(end));
      EXPECT_GT(word.share, kWhole / 2);
    }
    EXPECT_EQ(behind, static_cast<int>(spoken.size()));
  }
}

// Doubled words: the second time is a word of its own.
TEST(Track, GoingBackBeginsAWord) {
  const auto rows = rows_of_letters("one two");
  std::vector<int> spoken = {0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 4, 4, 5, 5, 6, 6};
  const auto words = words_of(rows, testing::evidence_of(spoken, rows.size(), {.sharpness = 0.95}));
  ASSERT_GE(words.size(), 3U);
  EXPECT_EQ(words[1].word, 0);
  EXPECT_TRUE(words[1].goes_back);
  EXPECT_EQ(words[1].begin, 6);
}

// A client that follows along learns of a word this long after its end, and not later.
TEST(Track, WordsComeKLagBehind) {
  const auto rows = rows_of_letters("one two three");
  const auto frames = testing::evidence_of(spoken_once(rows), rows.size(), {.sharpness = 0.95});
  Track track(rows);
  int pushed = 0;
  for (const FrameEvidence& frame : frames) {
    track.push(frame);
    pushed += kHalvesPerFrame;
    while (const auto word = track.next()) EXPECT_LE(pushed, word->end + kLag + 2);
    if (pushed > kLag) {
      ASSERT_TRUE(track.current());
      EXPECT_EQ(track.current()->end, pushed - kLag);
    }
  }
}

TEST(Track, SurpriseIsTheSumOverAHalfFrame) {
  std::vector<lm::GeneratedToken> tokens(7);
  for (lm::GeneratedToken& token : tokens) token.logprob = -1.0F;
  tokens[1].logprob = -std::numeric_limits<float>::infinity();
  tokens[2].logprob = std::nullopt;
  tokens[5].logprob = std::nanf("");
  const FrameEvidence evidence = evidence_of(tokens, 2);
  EXPECT_EQ(evidence.surprise[0], (2 + 64) * kNat);
  EXPECT_EQ(evidence.surprise[1], 2 * kNat);
  EXPECT_TRUE(evidence.shares[0].empty());
}

TEST(Track, NoFrames) { EXPECT_TRUE(words_of(rows_of_words("one"), {}).empty()); }

}  // namespace
}  // namespace orpheus::align
