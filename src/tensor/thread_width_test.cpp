#include "tensor/thread_width.h"

#include <gtest/gtest.h>

namespace orpheus::tensor {
namespace {

using std::chrono::milliseconds;

TEST(ThreadWidth, EveryCoreWhileNobodyElseWantsOne) {
  ThreadWidth width(8, 6, nullptr);
  EXPECT_EQ(width.width(), 6);
  for (int i = 0; i < 20; ++i) width.observe(0, milliseconds(100));
  EXPECT_EQ(width.width(), 6);
}

TEST(ThreadWidth, ABusyNeighbourGetsACoreAndGivesItBack) {
  ThreadWidth width(2, 2, nullptr);
  int steps = 0;
  for (; width.width() == 2; ++steps) width.observe(1, milliseconds(100));
  EXPECT_LE(steps, 4);
  for (steps = 0; width.width() == 1; ++steps) width.observe(0, milliseconds(150));
  EXPECT_LE(steps, 4);
}

TEST(ThreadWidth, ALongStepTellsAtOnce) {
  ThreadWidth width(2, 2, nullptr);
  width.observe(1, milliseconds(1400));
  EXPECT_EQ(width.width(), 1);
}

TEST(ThreadWidth, AShortTaskNowAndThenChangesNothing) {
  ThreadWidth width(2, 2, nullptr);
  for (int i = 0; i < 100; ++i) {
    width.observe(i % 7 == 0 ? 1 : 0, milliseconds(100));
    EXPECT_EQ(width.width(), 2);
  }
}

TEST(ThreadWidth, OneThreadIsTheLeast) {
  ThreadWidth width(4, 4, nullptr);
  for (int i = 0; i < 20; ++i) width.observe(50, milliseconds(500));
  EXPECT_EQ(width.width(), 1);
}

// Guards against: in a container with 8 of 64 cores, the model uses one thread because programs on
// the other cores are busy.
TEST(ThreadWidth, NeighboursOnOtherCoresDoNotCount) {
  EXPECT_EQ(threads_on_our_cores(40, 64, 8), 1);
  EXPECT_EQ(threads_on_our_cores(57, 64, 8), 1);
  EXPECT_EQ(threads_on_our_cores(58, 64, 8), 2);  // one finds no room elsewhere
  EXPECT_EQ(threads_on_our_cores(65, 64, 8), 9);
  // A machine that is wholly ours: everybody counts.
  for (int runnable = 1; runnable < 20; ++runnable)
    EXPECT_EQ(threads_on_our_cores(runnable, 8, 8), runnable);
  EXPECT_EQ(threads_on_our_cores(0, 8, 8), 1);
  ThreadWidth width(8, 8, nullptr);
  for (int i = 0; i < 20; ++i)
    width.observe(threads_on_our_cores(50, 64, 8) - 1, milliseconds(100));
  EXPECT_EQ(width.width(), 8);
}

// The thread times that the test reports.
RunDelay told;
std::optional<RunDelay> tell() { return told; }

// Guards against: threads spin for each other in a throttled container, or on cores that are shared
// with another container. The load of the machine shows neither.
TEST(ThreadWidth, WaitingForOurOwnCoresMakesItNarrower) {
  told = {};
  ThreadWidth width(8, 8, tell);
  const auto step = [&](int ran_ms, int waited_ms) {
    told.ran += milliseconds(ran_ms);
    told.waited += milliseconds(waited_ms);
    width.observe(0, milliseconds(ran_ms + waited_ms));
  };
  for (int i = 0; i < 20; ++i) step(100, 2);  // every thread waits a little
  EXPECT_EQ(width.width(), 8);
  step(80, 20);  // eight threads on eight cores, and two others: 8 / 10 of the time
  EXPECT_EQ(width.width(), 6);
  for (int i = 0; i < 10; ++i) step(100, 0);  // no thread waits: other programs may run or not
  EXPECT_LE(width.width(), 7);
  for (int i = 0; i < 150; ++i) step(100, 0);  // it tries all threads again
  EXPECT_EQ(width.width(), 8);
  step(10, 990);
  EXPECT_EQ(width.width(), 1);
}

TEST(ThreadWidth, AMomentTellsNothingOfWaiting) {
  told = {};
  ThreadWidth width(4, 4, tell);
  width.observe(0, milliseconds(1));
  told.waited += std::chrono::milliseconds(2);
  width.observe(0, milliseconds(2));
  EXPECT_EQ(width.width(), 4);
  told.waited += std::chrono::milliseconds(4);  // with those from before it is enough
  width.observe(0, milliseconds(4));
  EXPECT_LT(width.width(), 4);
}

TEST(ThreadWidth, OneThreadIsEnoughForAShortStep) {
  EXPECT_TRUE(is_short_step(6'000'000));                // the small voice, one sequence
  EXPECT_FALSE(is_short_step(size_t{64} * 6'000'000));  // 64 of them
  EXPECT_FALSE(is_short_step(1'800'000'000));           // a 3B in Q4_K_M
}

TEST(ThreadWidth, ThisThreadIsCounted) {
  const auto runnable = num_runnable_threads();
  if (runnable) {
    EXPECT_GE(*runnable, 1);
  }
}

}  // namespace
}  // namespace orpheus::tensor
