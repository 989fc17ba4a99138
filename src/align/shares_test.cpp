#include "align/shares.h"

#include <limits>

#include <gtest/gtest.h>

namespace orpheus::align {
namespace {

using Weights = std::array<std::span<const float>, prompt::kSlotsPerFrame>;

TEST(Shares, TheFirstFourTokensAreTheFirstHalf) {
  const std::vector<float> left = {1, 0};
  const std::vector<float> right = {0, 1};
  const auto halves = halves_of(Weights{left, left, left, left, right, right, right}, 2);
  EXPECT_EQ(halves[0], (Shares{kWhole, 0}));
  EXPECT_EQ(halves[1], (Shares{0, kWhole}));
}

TEST(Shares, AreTheMeanOfTheTokens) {
  const std::vector<float> left = {1, 0};
  const std::vector<float> even = {0.5, 0.5};
  const auto halves = halves_of(Weights{left, even, left, even, even, even, even}, 2);
  EXPECT_EQ(halves[0], (Shares{kWhole * 3 / 4, kWhole / 4}));
}

// A model without heads, or one whose arithmetic failed, says nothing; it must not say "row 0".
TEST(Shares, UnusableWeightsAreLeftOut) {
  const std::vector<float> good = {0.25, 0.75};
  const std::vector<float> bad = {std::numeric_limits<float>::quiet_NaN(), 1};
  const std::vector<float> large = {2, std::numeric_limits<float>::infinity()};
  const std::vector<float> longer = {0.5, 0.25, 0.25};
  const auto halves = halves_of(Weights{bad, good, large, longer, {}, bad, large}, 2);
  EXPECT_EQ(halves[0], (Shares{kWhole / 4, kWhole * 3 / 4}));
  EXPECT_TRUE(halves[1].empty());
}

}  // namespace
}  // namespace orpheus::align
