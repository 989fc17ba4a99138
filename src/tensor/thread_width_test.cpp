#include "tensor/thread_width.h"

#include <gtest/gtest.h>

namespace orpheus::tensor {
namespace {

using std::chrono::milliseconds;

TEST(ThreadWidth, EveryCoreWhileNobodyElseWantsOne) {
  ThreadWidth width(8, 6);
  EXPECT_EQ(width.width(), 6);
  for (int i = 0; i < 20; ++i) width.observe(0, milliseconds(100));
  EXPECT_EQ(width.width(), 6);
}

TEST(ThreadWidth, ABusyNeighbourGetsACoreAndGivesItBack) {
  ThreadWidth width(2, 2);
  int steps = 0;
  for (; width.width() == 2; ++steps) width.observe(1, milliseconds(100));
  EXPECT_LE(steps, 4);
  for (steps = 0; width.width() == 1; ++steps) width.observe(0, milliseconds(150));
  EXPECT_LE(steps, 4);
}

TEST(ThreadWidth, ALongStepTellsAtOnce) {
  ThreadWidth width(2, 2);
  width.observe(1, milliseconds(1400));
  EXPECT_EQ(width.width(), 1);
}

TEST(ThreadWidth, AShortTaskNowAndThenChangesNothing) {
  ThreadWidth width(2, 2);
  for (int i = 0; i < 100; ++i) {
    width.observe(i % 7 == 0 ? 1 : 0, milliseconds(100));
    EXPECT_EQ(width.width(), 2);
  }
}

TEST(ThreadWidth, OneThreadIsTheLeast) {
  ThreadWidth width(4, 4);
  for (int i = 0; i < 20; ++i) width.observe(50, milliseconds(500));
  EXPECT_EQ(width.width(), 1);
}

TEST(ThreadWidth, OneThreadIsEnoughForAShortStep) {
  EXPECT_TRUE(is_short_step(6'000'000));        // the small voice, one sequence
  EXPECT_FALSE(is_short_step(64 * 6'000'000));  // 64 of them
  EXPECT_FALSE(is_short_step(1'800'000'000));   // a 3B in Q4_K_M
}

TEST(ThreadWidth, ThisThreadIsCounted) {
  const auto runnable = num_runnable_threads();
  if (runnable) {
    EXPECT_GE(*runnable, 1);
  }
}

}  // namespace
}  // namespace orpheus::tensor
