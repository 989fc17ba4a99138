#include "convert/random_weights.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::convert {
namespace {

TEST(RandomWeights, DependOnTheirPlaceAlone) {
  constexpr RandomStream kStream{.seed = 11, .stream = 4};
  std::vector<float> whole(1003);
  fill_normal(kStream, 0, 0.5F, whole);
  for (const size_t step : {1U, 2U, 3U, 7U, 64U}) {
    std::vector<float> pieces(whole.size());
    for (size_t i = 0; i < pieces.size(); i += step)
      fill_normal(kStream, i, 0.5F,
                  std::span(pieces).subspan(i, std::min(step, pieces.size() - i)));
    EXPECT_EQ(pieces, whole) << step;
  }
  std::vector<float> other(whole.size());
  fill_normal({.seed = 12, .stream = 4}, 0, 0.5F, other);
  EXPECT_NE(other, whole);
  fill_normal({.seed = 11, .stream = 5}, 0, 0.5F, other);
  EXPECT_NE(other, whole);
}

TEST(RandomWeights, AreTheSameBitsEverywhere) {
  std::vector<float> values(4);
  fill_normal({.seed = 0, .stream = 0}, 0, 147.800541F, values);
  // The bytes of philox's known answer for zeros, 6627e8d5 e169c58d bc57ac4c 9b00dbd8, summed.
  EXPECT_EQ(values,
            (std::vector<float>{0x66 + 0x27 + 0xe8 + 0xd5 - 510, 0xe1 + 0x69 + 0xc5 + 0x8d - 510,
                                0xbc + 0x57 + 0xac + 0x4c - 510, 0x9b + 0x00 + 0xdb + 0xd8 - 510}));
}

TEST(RandomWeights, HaveTheDeviationAskedFor) {
  std::vector<float> values(200000);
  fill_normal({.seed = 1, .stream = 2}, 0, 2, values);
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += value;
    squares += double{value} * value;
    ASSERT_LE(std::abs(value), 7);
  }
  EXPECT_NEAR(sum / static_cast<double>(values.size()), 0, 0.02);
  EXPECT_NEAR(squares / static_cast<double>(values.size()), 4, 0.05);
  fill_uniform({.seed = 1, .stream = 2}, 0, 0.5F, 1.5F, values);
  for (const float value : values) {
    ASSERT_GE(value, 0.5F);
    ASSERT_LE(value, 1.5F);
  }
}

}  // namespace
}  // namespace orpheus::convert
