#include "lm/engine/sampler.h"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

using llama::Logits;
using lm::Sampling;
using lm::Token;

constexpr int kVocabulary = 100;

Logits logits(std::vector<float> values, Token first_id = 10) {
  return {.values = std::move(values), .first_id = first_id, .last_id = std::nullopt};
}

// How often each id is drawn over many steps.
std::map<Token, int> draws(const Sampling& options, const std::vector<float>& values,
                           int num_draws = 2000) {
  std::map<Token, int> counts;
  WeightedDraw draw;
  for (int step = 0; step < num_draws; ++step) {
    Sampler sampler(options, kVocabulary);
    Logits copy = logits(values);
    ++counts[sampler.choose(copy, static_cast<uint64_t>(step), draw)];
  }
  return counts;
}

Sampling plain(uint64_t seed = 1) {
  return {
      .temperature = 1, .top_p = 1, .top_k = 0, .min_p = 0, .repetition_penalty = 1, .seed = seed};
}

TEST(Sampler, DrawsInProportionToProbability) {
  const auto counts = draws(plain(), {std::log(0.6F), std::log(0.3F), std::log(0.1F)});
  EXPECT_NEAR(counts.at(10) / 2000.0, 0.6, 0.05);
  EXPECT_NEAR(counts.at(11) / 2000.0, 0.3, 0.05);
  EXPECT_NEAR(counts.at(12) / 2000.0, 0.1, 0.03);
}

TEST(Sampler, ADrawDependsOnSeedAndStepAlone) {
  const std::vector<float> values = {0, 0, 0, 0, 0, 0, 0, 0};
  const auto token = [&](uint64_t seed, uint64_t step, bool after_others) {
    WeightedDraw draw;
    Sampler sampler(plain(seed), kVocabulary);
    for (uint64_t other = 0; after_others && other < 5; ++other) {
      Logits copy = logits(values);
      sampler.choose(copy, 100 + other, draw);
    }
    Logits copy = logits(values);
    return sampler.choose(copy, step, draw);
  };
  std::map<Token, int> different;
  for (uint64_t step = 0; step < 50; ++step) {
    EXPECT_EQ(token(3, step, false), token(3, step, true));
    ++different[token(3, step, false)];
    ++different[token(4, step, false)];
  }
  EXPECT_GT(different.size(), 4U);
}

TEST(Sampler, TopKTopPAndMinPKeepTheLikeliest) {
  const std::vector<float> values = {std::log(0.4F), std::log(0.3F), std::log(0.2F),
                                     std::log(0.1F)};
  Sampling options = plain();
  options.top_k = 2;
  EXPECT_EQ(draws(options, values).size(), 2U);
  options = plain();
  options.top_p = 0.65F;  // 0.4 is not enough, 0.7 is
  EXPECT_EQ(draws(options, values).size(), 2U);
  options.top_p = 0;
  EXPECT_EQ(draws(options, values).size(), 1U);
  options = plain();
  options.min_p = 0.45F;  // of the likeliest's 0.4: 0.18
  EXPECT_EQ(draws(options, values).size(), 3U);
}

TEST(Sampler, TemperatureZeroIsGreedyAndTheFirstOfEqualsWins) {
  Sampling options = plain();
  options.temperature = 0;
  EXPECT_EQ(draws(options, {1, 5, 5, 2}), (std::map<Token, int>{{11, 2000}}));
}

TEST(Sampler, TheLowestTemperatureIsAsGreedy) {
  for (const float temperature : {1e-3F, 1e-38F, std::numeric_limits<float>::denorm_min()}) {
    Sampling options = plain();
    options.temperature = temperature;
    EXPECT_EQ(draws(options, {1, 30, 25, 2}, 50), (std::map<Token, int>{{11, 50}})) << temperature;
  }
}

TEST(Sampler, ThePenaltyTakesFromTokensThatWereSeen) {
  Sampling options = plain();
  options.temperature = 0;
  options.repetition_penalty = 2;
  WeightedDraw draw;
  Sampler sampler(options, kVocabulary);
  const Token seen = 11;
  sampler.see({&seen, 1});
  Logits first = logits({1.5F, 2.0F, -1.0F});
  EXPECT_EQ(sampler.choose(first, 0, draw), 10);  // 2.0 / 2 < 1.5
  Logits second = logits({-0.5F, -0.6F, -0.9F});
  EXPECT_EQ(sampler.choose(second, 1, draw), 12);  // both others were seen: −1.0, −1.2
}

TEST(Sampler, NeverChoosesWhatIsNotANumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(draws(plain(), {nan, 0, -infinity, infinity}, 200), (std::map<Token, int>{{11, 200}}));
  EXPECT_FALSE(draws(plain(), {nan, nan}, 10).empty());
}

// The penalty makes infinities of the largest numbers; their difference would be not a number.
TEST(Sampler, APenaltyOnTheLargestNumbersStaysFinite) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (const float penalty : {0.1F, 10.0F}) {
    for (const float largest : {kLargest, -kLargest}) {
      Sampling options = plain();
      options.repetition_penalty = penalty;
      WeightedDraw draw;
      Sampler sampler(options, kVocabulary);
      const std::vector<Token> seen = {10, 11};
      sampler.see(seen);
      Logits all = logits({largest, largest});
      const Token token = sampler.choose(all, 0, draw);
      EXPECT_TRUE(token == 10 || token == 11);
      EXPECT_EQ(all.values, (std::vector<float>{0, 0}));
    }
  }
}

TEST(Sampler, TheLastRowOfSlotZeroIsEndOfSpeech) {
  Sampling options = plain();
  options.temperature = 0;
  WeightedDraw draw;
  Sampler sampler(options, kVocabulary);
  Logits with_stop = {.values = {0, 0, 3}, .first_id = 10, .last_id = 7};
  EXPECT_EQ(sampler.choose(with_stop, 0, draw), 7);
}

TEST(Sampler, TopProbabilitiesAreNaturalLogsOverAllRows) {
  const auto top = top_probabilities(logits({0, std::log(3.0F), 0}), 2);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].id, 11);
  EXPECT_NEAR(top[0].logprob, std::log(0.6), 1e-6);
  EXPECT_EQ(top[1].id, 10);
  EXPECT_NEAR(top[1].logprob, std::log(0.2), 1e-6);
}

TEST(SamplingOptions, WhatIsLeftOpenIsAsUsual) {
  const Sampling usual{.temperature = 0.3F, .top_k = 7, .repetition_penalty = 1};
  const Sampling chosen = lm::SamplingOptions{.temperature = 0, .seed = 5}.over(usual);
  EXPECT_EQ(chosen, (Sampling{.temperature = 0, .top_k = 7, .repetition_penalty = 1, .seed = 5}));
}

}  // namespace
}  // namespace orpheus::engine
