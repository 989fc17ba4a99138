#include "lm/engine/step_pace.h"

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

int itself(int num_rows) { return num_rows; }

TEST(StepPace, BeforeAStepNothingIsKnown) { EXPECT_EQ(StepPace(itself).predict(3), 0); }

// The property: from steps of several sizes, the times of larger and smaller ones are predicted.
TEST(StepPace, PredictsSizesThatWereNotMeasured) {
  StepPace pace(itself);
  for (int i = 0; i < 1000; ++i) {
    const int num_sequences = 5 + i % 40;
    pace.record(num_sequences, 0.002 + 0.0001 * num_sequences);
  }
  EXPECT_NEAR(pace.predict(80), 0.010, 0.001);
  EXPECT_NEAR(pace.predict(1), 0.0021, 0.0005);
}

// Guards against: steps of one size tell nothing of larger ones, and a burst of listeners begins;
// and against a second listener that is refused forever because only one was measured.
TEST(StepPace, StepsOfOneSizePromiseNoMuchLargerOnes) {
  StepPace of_many(itself);
  StepPace of_one(itself);
  for (int i = 0; i < 1000; ++i) {
    of_many.record(16, 0.004);
    of_one.record(1, 0.004);
  }
  EXPECT_NEAR(of_many.predict(16), 0.004, 1e-6);
  EXPECT_GE(of_many.predict(32), 0.008 - 1e-6);
  EXPECT_NEAR(of_one.predict(2), 0.0045, 1e-6);
}

// Guards against: larger steps become faster in the prediction because they are not measured, so
// that too many listeners begin.
TEST(StepPace, ALargeStepDoesNotBecomeFasterWhileSmallOnesAreComputed) {
  StepPace pace(itself);
  for (int i = 0; i < 200; ++i) pace.record(64, 0.002 + 0.0001 * 64);
  for (int i = 0; i < 5000; ++i) pace.record(8 + i % 4, 0.002 + 0.0001 * (8 + i % 4));
  EXPECT_GE(pace.predict(64), 0.002 + 0.0001 * 64);
}

TEST(StepPace, FollowsTheMachine) {
  StepPace pace(itself);
  for (int i = 0; i < 1000; ++i) pace.record(2 + i % 5, 0.001 * (2 + i % 5));
  for (int i = 0; i < 2000; ++i) pace.record(2 + i % 5, 0.003 * (2 + i % 5));
  EXPECT_NEAR(pace.predict(4), 0.012, 0.001);
}

}  // namespace
}  // namespace orpheus::engine
