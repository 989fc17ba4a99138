#include "lm/llama/cache_plan.h"

#include <gtest/gtest.h>

#include "lm/llama/config.h"

namespace orpheus::llama {
namespace {

Config released_model() {
  Config config;
  config.num_layers = 28;
  config.num_kv_heads = 8;
  config.head_dim = 128;
  config.context_length = 131072;
  return config;
}

CachePlan plan(size_t budget_bytes, int lanes = 8, CacheType type = CacheType::kF16) {
  return plan_cache(released_model(), type, lanes, 16384, 4096, budget_bytes);
}

constexpr size_t kGiB = size_t{1} << 30U;

TEST(CachePlan, AQuantisedCacheTakesHalf) {
  EXPECT_EQ(cache_row_bytes(released_model(), CacheType::kF16), 114688U);
  EXPECT_EQ(cache_row_bytes(released_model(), CacheType::kQ8_0), 60928U);
}

TEST(CachePlan, EverybodyGetsWhatIsWantedWhereThereIsRoom) {
  EXPECT_EQ(plan(64 * kGiB).num_lanes, 8);
  EXPECT_EQ(plan(64 * kGiB).lane_rows, 16384);
}

TEST(CachePlan, LanesAreShorterFirstThenFewer) {
  EXPECT_EQ(plan(8 * kGiB).num_lanes, 8);
  EXPECT_LT(plan(8 * kGiB).lane_rows, 16384);
  EXPECT_GE(plan(8 * kGiB).lane_rows, 4096);
  EXPECT_EQ(plan(kGiB).num_lanes, 2);
  EXPECT_EQ(plan(kGiB).lane_rows, 4096);
}

TEST(CachePlan, OneShortLaneIsTheLeast) {
  EXPECT_EQ(plan(0).num_lanes, 1);
  EXPECT_EQ(plan(0).lane_rows, kCacheBucket);
}

TEST(CachePlan, ItStaysWithinTheBudget) {
  for (const CacheType type : {CacheType::kF16, CacheType::kQ8_0}) {
    const size_t row = cache_row_bytes(released_model(), type);
    for (size_t budget = row * kCacheBucket; budget < 20 * kGiB; budget += budget / 3) {
      for (const int lanes : {1, 2, 3, 8, 32}) {
        const CachePlan found = plan(budget, lanes, type);
        EXPECT_LE(static_cast<size_t>(found.num_lanes) * static_cast<size_t>(found.lane_rows) * row,
                  budget);
        EXPECT_EQ(found.lane_rows % kCacheBucket, 0);
        EXPECT_GE(found.num_lanes, 1);
        EXPECT_LE(found.num_lanes, lanes);
      }
    }
  }
}

}  // namespace
}  // namespace orpheus::llama
