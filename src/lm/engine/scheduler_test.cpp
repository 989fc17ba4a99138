#include "lm/engine/scheduler.h"

#include <algorithm>
#include <span>
#include <vector>

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

// The pace is as the cost: there is no other work.
template <typename Policy, typename StepTime>
StepPlan plan_of(Policy& scheduler, std::span<const Candidate> candidates, const StepTime& cost) {
  return scheduler.plan(candidates, cost, cost);
}

TEST(Scheduler, EverySequenceThatSpeaksMakesATokenInEveryStep) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1), candidate(2, 50),  paused(candidate(4, 1)),
                                  candidate(3, 1), candidate(5, 200), candidate(6, 1)};
  const StepPlan plan = plan_of(scheduler, candidates, Cost{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 3, 6}));
  ASSERT_TRUE(plan.chunk);
  EXPECT_EQ(plan.chunk->id, 2U);  // the first of equals
  EXPECT_EQ(plan.chunk->num_tokens, 10);
}

TEST(Scheduler, ThePromptOfTheLeastSlackIsRead) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 50, 2), candidate(2, 50, 0.9)};
  EXPECT_EQ(plan_of(scheduler, candidates, Cost{}).chunk->id, 2U);
}

TEST(Scheduler, WhileAClientWaitsForItsFirstSoundThoseThatCanSpareItSitOut) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 1, 2), candidate(3, 1, 0),
                                  candidate(4, 500, 9)};
  const StepPlan plan = plan_of(scheduler, candidates, Cost{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{2, 3}));
  EXPECT_FALSE(plan.chunk);
}

// Guards against: the step is empty, so the engine loops forever without work.
TEST(Scheduler, ASequenceOfWhichMuchIsMadeAndNothingSentStaysInTheStep) {
  Scheduler scheduler({});
  Candidate unsent = candidate(1, 1, 9);
  unsent.standing.sounded = false;
  const Candidate candidates[] = {unsent, candidate(2, 1, 9)};
  EXPECT_EQ(plan_of(scheduler, candidates, Cost{}).singles, (std::vector<SequenceId>{1, 2}));
}

// Guards against pieces made ahead that slow down clients that run dry sooner. Rows that fit into
// the time ride along, those that run dry first come first.
TEST(Scheduler, WhileAClientHasLessThanEnoughOthersRideAsFarAsTheStepStaysShort) {
  struct Milliseconds : Cost {
    double predict(int num_rows) const { return 0.001 * num_rows; }
  };
  Scheduler scheduler({});
  std::vector<Candidate> candidates;
  for (SequenceId id = 1; id <= 20; ++id) {
    candidates.push_back(candidate(id, 1, 9));
    candidates.back().standing.num_before = 1;
  }
  candidates.push_back(candidate(21, 1, 5));
  candidates.push_back(candidate(22, 1, 2));
  const StepPlan plan_beside_near = plan_of(scheduler, candidates, Milliseconds{});
  EXPECT_EQ(plan_beside_near.singles, (std::vector<SequenceId>{22, 21, 1, 2, 3, 4, 5}));  // 7.9 ms
  candidates.back().standing.slack = 0.2;
  EXPECT_LT(plan_of(scheduler, candidates, Milliseconds{}).singles.size(), 7U);
  candidates.pop_back();
  EXPECT_EQ(plan_of(scheduler, candidates, Milliseconds{}).singles.size(), 21U);
}

// Guards against a pace that was measured with other numbers of sequences only, and lets too many
// or far too many take part.
TEST(Scheduler, APaceThatKnowsNothingOfSmallStepsAllowsNoLargeOnes) {
  struct Milliseconds : Cost {
    double predict(int num_rows) const { return 0.001 * num_rows; }
  };
  struct Always {
    double seconds;
    double predict(int /*num_rows*/) const { return seconds; }
  };
  Scheduler scheduler({});
  std::vector<Candidate> candidates = {candidate(1, 1, 2)};
  for (SequenceId id = 2; id <= 100; ++id) candidates.push_back(candidate(id, 1, 9));
  EXPECT_EQ(scheduler.plan(candidates, Milliseconds{}, Always{0.025}).singles.size(), 1U);
  EXPECT_EQ(scheduler.plan(candidates, Milliseconds{}, Always{0.0001}).singles.size(), 7U);
}

// Guards against a slow machine on which a book is made one piece at a time, although no client can
// be served in real time.
TEST(Scheduler, WhereNobodyIsServedInTimeAllTakePart) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 1, 2)};
  EXPECT_EQ(plan_of(scheduler, candidates, Cost{}).singles.size(), 2U);
}

// As on a GPU, where leaving rows out of a step saves no time.
TEST(Scheduler, RowsThatCostNothingRideAlong) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 1, 9), candidate(3, 1, 0)};
  const StepPlan plan = plan_of(scheduler, candidates, Cost{.of_row = 0.001});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{3, 1, 2}));
}

TEST(Scheduler, ANewcomersPromptIsReadAtOnceWhereNobodyElseIsInTheStep) {
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, 60, 0)};
  const StepPlan plan = plan_of(scheduler, candidates, Cost{});
  ASSERT_TRUE(plan.chunk);
  EXPECT_EQ(plan.chunk->num_tokens, 60);
  EXPECT_TRUE(plan.singles.empty());
}

TEST(Scheduler, AChunkIsNoLongerThanThePromptNorTheSetting) {
  Scheduler scheduler({.prompt_chunk = 6});
  const Candidate long_prompt[] = {candidate(1, 50)};
  EXPECT_EQ(plan_of(scheduler, long_prompt, Cost{}).chunk->num_tokens, 6);
  const Candidate short_prompt[] = {candidate(1, 4)};
  EXPECT_EQ(plan_of(scheduler, short_prompt, Cost{}).chunk->num_tokens, 4);
}

TEST(Scheduler, WhereThereIsNoTimeAPromptIsReadByTheToken) {
  struct NoTime : Cost {
    int most_rows(int num_rows, double, double = 0) const { return num_rows; }
  };
  Scheduler scheduler({});
  const Candidate candidates[] = {candidate(1, 1), candidate(2, 50)};
  const StepPlan plan = plan_of(scheduler, candidates, NoTime{});
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 2}));
  EXPECT_FALSE(plan.chunk);
}

TEST(Scheduler, NothingToDoIsAnEmptyPlan) {
  Scheduler scheduler({});
  EXPECT_TRUE(plan_of(scheduler, {}, Cost{}).empty());
  const Candidate all_paused[] = {paused(candidate(1, 1, 0)), paused(candidate(2, 9, 0))};
  EXPECT_TRUE(plan_of(scheduler, all_paused, Cost{}).empty());
}

TEST(Scheduler, WithFixedShapesPartsOfPromptsAndSpeakingTakeTurns) {
  Scheduler scheduler({.prompt_chunk = 8, .fixed_shapes = true});
  int unread = 40;
  int spoken = 0;
  int read_in_a_row = 0;
  while (unread > 1) {
    const Candidate candidates[] = {candidate(1, 1, 9), candidate(2, unread, 0)};
    const StepPlan plan = plan_of(scheduler, candidates, Cost{});
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
