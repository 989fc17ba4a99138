#include "lm/engine/weighted_draw.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/philox.h"
#include "lm/engine/likelihood.h"
#include "lm/engine/sampler.h"

namespace orpheus::engine {
namespace {

using llama::Logits;
using lm::Sampling;
using lm::Token;

constexpr int kVocabulary = 156'940;
constexpr Token kFirstAudio = 128'266;
constexpr Token kEndOfSpeech = 128'258;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What a draw means, written down plainly: everything is sorted, and the sums are doubles in that
// order. It shares no code with what it judges.
class Reference {
 public:
  // logits: as the network gives them.
  Reference(Logits logits, const Sampling& options, const std::vector<bool>& seen) {
    constexpr float kLowest = std::numeric_limits<float>::lowest();
    auto& values = logits.values;
    for (size_t row = 0; row < values.size(); ++row) {
      float& value = values[row];
      if (!std::isfinite(value)) value = kLowest;
      if (options.repetition_penalty == 1 || !seen[static_cast<size_t>(logits.id_of(row))])
        continue;
      value = value > 0 ? value / options.repetition_penalty : value * options.repetition_penalty;
      value = std::clamp(value, kLowest, -kLowest);
    }
    const auto highest = std::max_element(values.begin(), values.end());
    if (options.temperature <= 0) {
      ids_ = {logits.id_of(static_cast<size_t>(highest - values.begin()))};
      sums_ = {1};
      return;
    }
    std::vector<std::pair<float, Token>> order;
    for (size_t row = 0; row < values.size(); ++row)
      order.emplace_back(-((values[row] - *highest) / options.temperature), logits.id_of(row));
    std::sort(order.begin(), order.end());
    if (options.top_k > 0 && static_cast<size_t>(options.top_k) < order.size())
      order.resize(static_cast<size_t>(options.top_k));
    double total = 0;
    for (const auto& [depth, id] : order) total += std::exp(-static_cast<double>(depth));
    double sum = 0;
    for (const auto& [depth, id] : order) {
      const double weight = std::exp(-static_cast<double>(depth));
      const bool over = options.top_p < 1 && sum >= static_cast<double>(options.top_p) * total;
      if (!ids_.empty() && (over || weight < static_cast<double>(options.min_p))) break;
      sum += weight;
      ids_.push_back(id);
      sums_.push_back(sum);
    }
  }

  size_t num_kept() const { return ids_.size(); }
  Token draw(double random) const {
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), random * sums_.back());
    return ids_[std::min(static_cast<size_t>(found - sums_.begin()), ids_.size() - 1)];
  }

 private:
  std::vector<Token> ids_;
  std::vector<double> sums_;
};

class Cases {
 public:
  explicit Cases(unsigned seed) : random_(seed) {}

  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[random_() % choices.size()];
  }
  float normal() { return std::normal_distribution<float>()(random_); }

  Sampling sampling() {
    return {.temperature = one_of({0.6F, 0.6F, 1.0F, 0.1F, 2.5F, 10.0F, 1e-3F, 0.0F}),
            .top_p = one_of({0.9F, 0.9F, 0.9F, 1.0F, 0.5F, 0.0F, 0.05F, 0.999F, 0.9999999F}),
            .top_k = one_of({0, 0, 0, 1, 2, 40, 1000, 4095, 4096, 100'000}),
            .min_p = one_of({0.0F, 0.0F, 0.05F, 0.5F, 1.0F, 1e-6F, 1e-20F}),
            .repetition_penalty = one_of({1.0F, 1.1F, 1.1F, 0.5F, 3.0F})};
  }

  // Peaked, flat, with ties, with a long tail, with infinities.
  std::vector<float> values(size_t size) {
    std::vector<float> values(size);
    const int kind = one_of({0, 1, 2, 3, 4, 5, 6});
    const float width = one_of({0.01F, 0.3F, 1.0F, 3.0F, 30.0F});
    for (float& value : values) {
      value = width * normal();
      if (kind == 1) value = std::round(value);             // ties
      if (kind == 2) value = one_of({0.0F, -0.0F, width});  // more of them
      if (kind == 3 && random_() % 64 == 0) value += 12;    // peaks
      if (kind == 4 && random_() % 16 == 0) value = one_of({kInfinity, -kInfinity, -1e30F});
    }
    if (kind == 5) std::fill(values.begin(), values.end(), width);
    if (kind == 6) values[random_() % size] += 30;
    return values;
  }

  Logits logits(size_t size) {
    Logits made{.values = values(size), .first_id = kFirstAudio, .last_id = std::nullopt};
    if (size == 4097) made.last_id = kEndOfSpeech;
    if (size == kVocabulary) made.first_id = 0;
    return made;
  }

  std::vector<bool> seen() {
    std::vector<bool> seen(kVocabulary);
    for (size_t i = random_() % 3000; i > 0; --i) seen[kFirstAudio - 10 + random_() % 4200] = true;
    return seen;
  }

 private:
  std::mt19937_64 random_;
};

Sampler sampler_that_saw(const std::vector<bool>& seen, const Sampling& options) {
  Sampler sampler(options, kVocabulary);
  for (size_t id = 0; id < seen.size(); ++id) {
    const auto token = static_cast<Token>(id);
    if (seen[id]) sampler.see({&token, 1});
  }
  return sampler;
}

void expect_the_references_tokens(Cases& cases, size_t size, int num_logits, int num_draws) {
  WeightedDraw draw;
  for (int i = 0; i < num_logits; ++i) {
    Sampling options = cases.sampling();
    const Logits logits = cases.logits(size);
    const std::vector<bool> seen = cases.seen();
    const Reference reference(logits, options, seen);
    options.seed = static_cast<uint64_t>(i);
    const Sampler sampler = sampler_that_saw(seen, options);
    for (uint64_t step = 0; step < static_cast<uint64_t>(num_draws); ++step) {
      Logits copy = logits;
      const auto words = philox(options.seed, step, 0);
      const Token expected = reference.draw(uniform_double(words[0], words[1]));
      ASSERT_EQ(Sampler(sampler).choose(copy, step, draw), expected)
          << size << " candidates, case " << i << ", step " << step << ", temperature "
          << options.temperature << ", top_p " << options.top_p << ", top_k " << options.top_k
          << ", min_p " << options.min_p << ", penalty " << options.repetition_penalty;
    }
  }
}

// A shortcut that draws another token than the sum in double does.
TEST(WeightedDraw, DrawsTheTokenThatSortingDraws) {
  Cases cases(1);
  expect_the_references_tokens(cases, 4096, 1000, 50);
  expect_the_references_tokens(cases, 4097, 700, 50);
}

TEST(WeightedDraw, DrawsTheSameOfFewAndOfVeryMany) {
  Cases cases(2);
  for (const size_t size : {1, 2, 7, 49, 63, 64, 65, 200}) {
    expect_the_references_tokens(cases, size, 100, 20);
  }
  expect_the_references_tokens(cases, kVocabulary, 25, 4);
}

Logits relative(Cases& cases, float width, size_t size) {
  Logits made{.values = std::vector<float>(size), .first_id = 0, .last_id = std::nullopt};
  for (float& value : made.values) value = width * cases.normal();
  const float highest = *std::max_element(made.values.begin(), made.values.end());
  for (float& value : made.values) value -= highest;
  return made;
}

// Bins that leave every draw to sorting would be right, and slow.
TEST(WeightedDraw, TheBinsDecideAlmostAlways) {
  Cases cases(3);
  WeightedDraw draw;
  int num_undecided = 0;
  for (int i = 0; i < 400; ++i) {
    const Logits logits = relative(cases, i % 2 == 0 ? 0.5F : 5.0F, 4096);
    const auto words = philox(1, static_cast<uint64_t>(i), 0);
    const double random = uniform_double(words[0], words[1]);
    const auto id = draw.by_bins(logits, {.top_p = 0.9F}, random);
    if (!id) ++num_undecided;
    EXPECT_EQ(id.value_or(-1), id ? draw.by_sorting(logits, {.top_p = 0.9F}, random) : -1);
  }
  EXPECT_LE(num_undecided, 1);
}

// Where a sum is its target, or next to it, an error of the fast sums would decide.
TEST(WeightedDraw, ASumNextToItsTargetIsLeftToSorting) {
  WeightedDraw draw;
  Logits equal{.values = std::vector<float>(4096, 0.0F), .first_id = 5, .last_id = std::nullopt};
  for (int i = 0; i < 4096; i += 64) {
    for (const double random : {i / 4096.0, std::nextafter(i / 4096.0, 1), (i + 0.5) / 4096}) {
      EXPECT_EQ(draw.draw(equal, {}, random), 5 + i);
      EXPECT_EQ(draw.draw(equal, {.top_p = 0.5}, random), 5 + static_cast<int>(random * 2048));
    }
  }
  EXPECT_FALSE(draw.by_bins(equal, {}, 0.25).has_value());
  EXPECT_FALSE(draw.by_bins(equal, {.top_p = 0.5}, 0.3).has_value());
}

// Which of equals are among the top_k.
TEST(WeightedDraw, OfEqualsThoseOfLowerIdAreKept) {
  WeightedDraw draw;
  Logits equal{.values = std::vector<float>(400, 0.0F), .first_id = 10, .last_id = 3};
  for (const double random : {0.1, 0.5, 0.9}) {
    const auto index = static_cast<int>(random * 3);
    EXPECT_EQ(draw.draw(equal, {.top_k = 3}, random), index == 0 ? 3 : 9 + index);
    EXPECT_TRUE(draw.by_bins(equal, {.top_k = 3}, random).has_value());
  }
}

TEST(Likelihood, IsTheExponentialAndNeverRises) {
  Cases cases(4);
  EXPECT_EQ(likelihood(0), 1);
  EXPECT_EQ(likelihood(-kInfinity), 0);
  for (int i = 0; i < 100'000; ++i) {
    const float x = -std::abs(cases.normal()) * cases.one_of({1e-30F, 1e-7F, 1e-3F, 1.0F, 200.0F});
    if (x < -700) continue;
    const double expected = std::exp(static_cast<double>(x));
    ASSERT_NEAR(likelihood(x) / expected, 1, 0x1p-51) << x;
    ASSERT_LE(likelihood(std::nextafter(x, -kInfinity)), likelihood(x)) << x;
  }
}

TEST(Likelihood, TheLeastOfMinPIsTheLastThatReachesIt) {
  EXPECT_EQ(least_relative(0), -kInfinity);
  for (const float min_p : {1.0F, 0.5F, 0.05F, 1e-6F, 1e-30F, 1e-44F}) {
    const float least = least_relative(min_p);
    EXPECT_GE(likelihood(least), static_cast<double>(min_p)) << min_p;
    EXPECT_LT(likelihood(std::nextafter(least, -kInfinity)), static_cast<double>(min_p)) << min_p;
  }
}

}  // namespace
}  // namespace orpheus::engine
