#include "lm/check_sampling.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace orpheus::lm {
namespace {

TEST(CheckSampling, NamesTheSettingThatIsOutOfRange) {
  EXPECT_TRUE(check_sampling({}));
  EXPECT_TRUE(check_sampling({.temperature = 0, .top_p = 0, .repetition_penalty = 0.1F}));
  EXPECT_TRUE(
      check_sampling({.temperature = 10, .top_p = 1, .min_p = 1, .repetition_penalty = 10}));
  struct Case {
    Sampling sampling;
    const char* name;
  };
  const std::vector<Case> cases = {
      {{.temperature = std::numeric_limits<float>::quiet_NaN()}, "temperature"},
      {{.temperature = -0.1F}, "temperature"},
      {{.top_p = 1.5F}, "top_p"},
      {{.top_k = -1}, "top_k"},
      {{.min_p = 2}, "min_p"},
      {{.repetition_penalty = 0}, "repetition_penalty"},
  };
  for (const Case& one : cases) {
    const auto checked = check_sampling(one.sampling);
    ASSERT_FALSE(checked) << one.name;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(checked.error().what.starts_with(one.name)) << checked.error().message();
  }
}

}  // namespace
}  // namespace orpheus::lm
