#include "base/philox.h"

#include <cmath>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

// The known answers that the authors' Random123 distribution lists for philox4x32-10.
TEST(Philox, MatchesTheAuthorsKnownAnswers) {
  EXPECT_EQ(philox(0, 0, 0),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(~0ULL, ~0ULL, ~0ULL),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822ULL, 0x85a308d3243f6a88ULL, 0x0370734413198a2eULL),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, NormalValuesHaveMeanZeroAndVarianceOne) {
  constexpr int kDraws = 20000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto words = philox(7, static_cast<uint64_t>(i), 0);
    for (const float value : normal_pair(words[0], words[1])) {
      ASSERT_TRUE(std::isfinite(value));
      sum += value;
      squares += static_cast<double>(value) * value;
    }
  }
  EXPECT_NEAR(sum / (2 * kDraws), 0, 0.02);
  EXPECT_NEAR(squares / (2 * kDraws), 1, 0.03);
}

TEST(Philox, UniformValuesStayBelowOne) {
  EXPECT_LT(uniform_float(~0U), 1.0F);
  EXPECT_LT(uniform_double(~0U, ~0U), 1.0);
  EXPECT_EQ(uniform_float(0), 0.0F);
}

}  // namespace
}  // namespace orpheus
