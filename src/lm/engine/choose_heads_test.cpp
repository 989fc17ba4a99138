#include "lm/engine/choose_heads.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

using llama::AttentionHead;

constexpr int kText = 40;
constexpr int kFrames = 60;

// A head's weights on the rows of a text, in some frame.
using Head = float (*)(int row, int frame, std::mt19937& draw);

float follows(int row, int frame, std::mt19937& /*draw*/) {
  const float at = static_cast<float>(frame) * (kText - 1) / (kFrames - 1);
  return std::exp(-std::abs(static_cast<float>(row) - at)) + 0.002F;
}
// The same, two rows further.
float looks_ahead(int row, int frame, std::mt19937& draw) {
  return std::max(follows(row - 2, frame, draw), row == kText - 1 ? 0.6F : 0.0F);
}
float begin(int row, int /*frame*/, std::mt19937& /*draw*/) { return row == 0 ? 1.0F : 0.01F; }
float anything(int /*row*/, int /*frame*/, std::mt19937& draw) {
  return std::exp(std::normal_distribution<float>(0, 2)(draw));
}
float backwards(int row, int frame, std::mt19937& draw) {
  return follows(kText - 1 - row, frame, draw);
}
// The end of the text follows as many rows behind as tokens are made.
float hurries(int row, int frame, std::mt19937& /*draw*/) {
  return row == frame * 7 % kText ? 1.0F : 0.01F;
}

Spoken spoken_by(std::initializer_list<Head> heads, unsigned seed) {
  std::mt19937 draw(seed);
  Spoken spoken{.num_text = kText, .num_frames = kFrames, .weights = {}};
  for (int frame = 0; frame < kFrames; ++frame) {
    for (const Head head : heads) {
      std::vector<float> weights;
      for (int row = 0; row < kText; ++row) weights.push_back(head(row, frame, draw));
      float sum = 0;
      for (const float weight : weights) sum += weight;
      for (const float weight : weights) spoken.weights.push_back(weight / sum);
    }
  }
  return spoken;
}

double score_of(Head head, unsigned seed = 1) {
  return path_score(spoken_by({head}, seed).weights, kText);
}

TEST(ChooseHeads, OnlyAHeadThatFollowsTheTextScores) {
  EXPECT_GT(score_of(follows), 0.6);
  EXPECT_LT(score_of(begin), 0.01);
  EXPECT_LT(score_of(backwards), 0.05);
  EXPECT_LT(score_of(hurries), 0.1);
  for (unsigned seed = 0; seed < 50; ++seed) EXPECT_LT(score_of(anything, seed), 0.1) << seed;
}

TEST(ChooseHeads, FindsThoseThatFollowAmongMany) {
  std::vector<AttentionHead> heads;
  for (int i = 0; i < 8; ++i) heads.push_back({i / 2, i % 2});
  const auto all = {anything, begin, anything, follows, hurries, anything, backwards, follows};
  const Alignment found = choose_heads(heads, spoken_by(all, 1), spoken_by(all, 2));
  EXPECT_GT(found.quality, 0.6);
  ASSERT_FALSE(found.heads.empty());
  for (const AttentionHead& head : found.heads)
    EXPECT_TRUE(head == AttentionHead({1, 1}) || head == AttentionHead({3, 1}));
}

// Guards against: words are told too early, because a head looks at the letters that come next.
TEST(ChooseHeads, TakesThoseThatLookLeastAhead) {
  std::vector<AttentionHead> heads;
  for (int i = 0; i < 5; ++i) heads.push_back({i, 0});
  const auto all = {looks_ahead, anything, looks_ahead, follows, looks_ahead};
  const Alignment found = choose_heads(heads, spoken_by(all, 1), spoken_by(all, 2));
  EXPECT_EQ(found.heads, (std::vector<AttentionHead>{{3, 0}}));
}

// Guards against: the best of many random heads counts as one that follows.
TEST(ChooseHeads, AreNotSureOfNoise) {
  std::vector<AttentionHead> heads;
  for (int i = 0; i < 8; ++i) heads.push_back({i, 0});
  const auto all = {anything, anything, anything, anything, anything, anything, begin, hurries};
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Alignment found =
        choose_heads(heads, spoken_by(all, 2 * seed), spoken_by(all, 2 * seed + 1));
    EXPECT_LT(found.quality, 0.1);
  }
}

TEST(ChooseHeads, ChooseFewHeadsInFewLayers) {
  std::vector<AttentionHead> heads;
  for (int i = 0; i < 12; ++i) heads.push_back({i, i});
  const auto all = {follows, follows, follows, follows, follows, follows,
                    follows, follows, follows, follows, follows, follows};
  const Alignment found = choose_heads(heads, spoken_by(all, 1), spoken_by(all, 1));
  EXPECT_GE(found.heads.size(), 1U);
  EXPECT_LE(found.heads.size(), 4U);
}

TEST(ChooseHeads, ShortOrBrokenWeightsGiveNone) {
  const std::vector<AttentionHead> heads = {{0, 0}};
  EXPECT_EQ(path_score({}, 0), 0);
  EXPECT_EQ(path_score(std::vector<float>(5, 1.0F), 1), 0);
  EXPECT_EQ(path_score(std::vector<float>(400, std::nanf("")), 10), 0);
  EXPECT_TRUE(choose_heads(heads, {}, {}).heads.empty());
}

}  // namespace
}  // namespace orpheus::engine
