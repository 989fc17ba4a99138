#include "lm/engine/scheduler.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

// Ten further rows always fit the step's time. All rows cost the same, or only the first costs.
struct Cost {
  double of_row = 1;
  double predict(int num_rows) const { return 1 + of_row * num_rows; }
  int most_rows(int num_rows, double, double seconds = 0) const {
    return seconds > 0 ? 1000 : num_rows + 10;
  }
};

Candidate candidate(SequenceId id, int num_unread, double slack = 1) {
  return {.standing = {.id = id, .slack = slack, .sounded = slack > 0, .holds_lane = true},
          .num_unread = num_unread};
}

Candidate paused(Candidate candidate) {
  candidate.standing.paused = true;
  return candidate;
}

TEST(Scheduler, EverySequenceThatSpeaksMakesATokenInEveryStep) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1), candidate(2, 50),  paused(candidate(4, 1)),
                                  candidate(3, 1), candidate(5, 200), candidate(6, 1)};
  const StepPlan plan = scheduler.plan(candidates, Cost{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 3, 6}));
  ASSERT_TRUE(plan.chunk);
  EXPECT_EQ(plan.chunk->id, 2U);  // the first of equals
  EXPECT_EQ(plan.chunk->num_tokens, 10);
}

TEST(Scheduler, ThePromptOfTheLeastSlackIsRead) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 50, 2), candidate(2, 50, 0.9)};
  EXPECT_EQ(scheduler.plan(candidates, Cost{}).chunk->id, 2U);
}

TEST(Scheduler, WhileAClientWaitsForItsFirstSoundThoseThatCanSpareItSitOut) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 1, 2), candidate(3, 1, 0),
                                  candidate(4, 500, 9)};
  const StepPlan plan = scheduler.plan(candidates, Cost{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{2, 3}));
  EXPECT_FALSE(plan.chunk);
}

// Guards against: the step is empty, so the engine loops forever without work.
TEST(Scheduler, ASequenceOfWhichMuchIsMadeAndNothingSentStaysInTheStep) {
  Scheduler scheduler({});
  Candidate unsent = candidate(1, 1, 9);
  unsent.standing.sounded = false;
  const Candidate candidates[] = {unsent, candidate(2, 1, 9)};
  EXPECT_EQ(scheduler.plan(candidates, Cost{}).singles, (std::vector<SequenceId>{1, 2}));
}

// As on a GPU, where leaving rows out of a step saves no time.
TEST(Scheduler, RowsThatCostNothingRideAlong) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 1, 9), candidate(3, 1, 0)};
  const StepPlan plan = scheduler.plan(candidates, Cost{.of_row = 0.001});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{3, 1, 2}));
}

TEST(Scheduler, ANewcomersPromptIsReadAtOnceWhereNobodyElseIsInTheStep) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 60, 0)};
  const StepPlan plan = scheduler.plan(candidates, Cost{});
  ASSERT_TRUE(plan.chunk);
  EXPECT_EQ(plan.chunk->num_tokens, 60);
  EXPECT_TRUE(plan.singles.empty());
}

TEST(Scheduler, AChunkIsNoLongerThanThePromptNorTheSetting) {
  Scheduler scheduler({.prompt_chunk = 6});
  const Candidate long_prompt[] = {candidate(1, 50)};
  EXPECT_EQ(scheduler.plan(long_prompt, Cost{}).chunk->num_tokens, 6);
  const Candidate short_prompt[] = {candidate(1, 4)};
  EXPECT_EQ(scheduler.plan(short_prompt, Cost{}).chunk->num_tokens, 4);
}

TEST(Scheduler, WhereThereIsNoTimeAPromptIsReadByTheToken) {
  struct NoTime : Cost {
    int most_rows(int num_rows, double, double = 0) const { return num_rows; }
  };
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1), candidate(2, 50)};
  const StepPlan plan = scheduler.plan(candidates, NoTime{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 2}));
  EXPECT_FALSE(plan.chunk);
}

TEST(Scheduler, NothingToDoIsAnEmptyPlan) {
  Scheduler scheduler({});
  EXPECT_TRUE(scheduler.plan({}, Cost{}).empty());
  const Candidate all_paused[] = {paused(candidate(1, 1, 0)), paused(candidate(2, 9, 0))};
  EXPECT_TRUE(scheduler.plan(all_paused, Cost{}).empty());
}

TEST(Scheduler, WithFixedShapesPartsOfPromptsAndSpeakingTakeTurns) {
  Scheduler scheduler({.prompt_chunk = 8, .fixed_shapes = true});
  int unread = 40;
  int spoken = 0;
  int read_in_a_row = 0;
  while (unread > 1) {
    const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, unread, 0)};
    const StepPlan plan = scheduler.plan(candidates, Cost{});
    EXPECT_NE(plan.singles.empty(), !plan.chunk.has_value());
    if (plan.chunk) {
      EXPECT_EQ(plan.chunk->num_tokens, 8);
      unread -= plan.chunk->num_tokens;
      EXPECT_LE(++read_in_a_row, 1);
    } else {
      ++spoken;
      read_in_a_row = 0;
    }
  }
  EXPECT_GE(spoken, 4);
}

}  // namespace
}  // namespace orpheus::engine
