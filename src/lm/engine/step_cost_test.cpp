#include "lm/engine/step_cost.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "lm/llama/runner.h"

namespace orpheus::engine {
namespace {

StepCost nothing_known() { return {264, llama::Runner::bucket_of_rows}; }

// A machine that reads weights in 60 ms and computes a row in 4: the larger is what a step takes.
double seconds_of(int num_rows) { return std::max(0.060, 0.004 * num_rows); }

TEST(StepCost, SomethingIsReadAlways) {
  StepCost cost = nothing_known();
  EXPECT_EQ(cost.most_rows(3, 2), 4);
  cost.record(1, 1);
  cost.record(2, 100);
  EXPECT_EQ(cost.most_rows(1, 2), 2);
}

// What the engine does: read as much as seems right, and see how long it took.
TEST(StepCost, FindsTheLongestPartOfAPromptThatMayBeRead) {
  StepCost cost = nothing_known();
  for (const int speaking : {0, 1, 4, 8}) {
    int rows = 0;
    for (int step = 0; step < 20; ++step) {
      cost.record(std::max(1, speaking), seconds_of(std::max(1, speaking)));
      rows = cost.most_rows(speaking, 2);
      cost.record(rows, seconds_of(llama::Runner::bucket_of_rows(rows)));
    }
    EXPECT_EQ(rows, 24) << speaking;  // 96 ms; 32 rows would take 128
  }
}

TEST(StepCost, AStepNeverTakesFarLongerThanAllowedWhileItLearns) {
  StepCost cost = nothing_known();
  cost.record(8, seconds_of(8));
  for (int step = 0; step < 50; ++step) {
    const int rows = cost.most_rows(1, 2);
    EXPECT_LE(seconds_of(llama::Runner::bucket_of_rows(rows)), 0.130) << rows;
    cost.record(rows, seconds_of(llama::Runner::bucket_of_rows(rows)));
  }
}

TEST(StepCost, ATimeThatWasBadOnceIsTriedAgain) {
  StepCost cost = nothing_known();
  for (int rows = 1; rows <= 24; rows *= 2) cost.record(rows, seconds_of(rows));
  cost.record(8, 10);  // a neighbour was busy
  EXPECT_LT(cost.most_rows(1, 2), 8);
  int steps = 0;
  while (cost.most_rows(1, 2) < 8 && ++steps < 5000) cost.record(1, seconds_of(1));
  EXPECT_LT(steps, 3000);
}

}  // namespace
}  // namespace orpheus::engine
