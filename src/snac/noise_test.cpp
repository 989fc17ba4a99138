#include "snac/noise.h"

#include <vector>

#include <gtest/gtest.h>

namespace orpheus::snac {
namespace {

std::vector<float> noise(uint64_t seed, int block, int64_t first, size_t count) {
  std::vector<float> values(count);
  seeded_noise(seed)(block, first, values);
  return values;
}

TEST(Noise, AnyWindowHasTheValuesOfTheWhole) {
  const auto whole = noise(9, 2, 0, 200);
  for (int64_t first = 0; first < 20; ++first) {
    for (size_t count = 1; count < 20; ++count) {
      const auto window = noise(9, 2, first, count);
      EXPECT_TRUE(std::equal(window.begin(), window.end(), whole.begin() + first))
          << first << ", " << count;
    }
  }
}

TEST(Noise, SeedBlockAndPositionEachChangeIt) {
  const auto reference = noise(1, 0, 0, 8);
  EXPECT_NE(reference, noise(2, 0, 0, 8));
  EXPECT_NE(reference, noise(1, 1, 0, 8));
  EXPECT_NE(reference, noise(1, 0, 8, 8));
}

TEST(Noise, WithoutNoiseAllIsZero) {
  std::vector<float> values(5, 1.0F);
  no_noise()(0, 0, values);
  EXPECT_EQ(values, std::vector<float>(5, 0.0F));
}

}  // namespace
}  // namespace orpheus::snac
