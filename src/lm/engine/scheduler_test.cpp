#include "lm/engine/scheduler.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

const auto kTenMore = [](int num_singles) { return num_singles + 10; };

TEST(Scheduler, AdmitsInTheOrderOfArrivalWhileThereIsAPlace) {
  Scheduler scheduler({.max_sequences = 2});
  for (SequenceId id = 1; id <= 3; ++id) EXPECT_TRUE(scheduler.enqueue(id, 0));
  EXPECT_EQ(scheduler.admit(), 1U);
  EXPECT_EQ(scheduler.admit(), 2U);
  EXPECT_EQ(scheduler.admit(), std::nullopt);
  scheduler.remove(1);
  EXPECT_EQ(scheduler.admit(), 3U);
  EXPECT_FALSE(scheduler.can_admit());
}

TEST(Scheduler, TheQueueIsBounded) {
  Scheduler scheduler({.max_sequences = 1, .max_waiting = 2});
  EXPECT_TRUE(scheduler.enqueue(1, 0));
  EXPECT_TRUE(scheduler.enqueue(2, 0));
  EXPECT_FALSE(scheduler.enqueue(3, 0));
  scheduler.remove(1);
  EXPECT_TRUE(scheduler.enqueue(4, 0));
  EXPECT_TRUE(scheduler.enqueue(5, 0, QueueRoom::kAlways));
  EXPECT_EQ(scheduler.admit(), 2U);
}

TEST(Scheduler, ListenersTakeTurns) {
  Scheduler scheduler({.max_sequences = 3});
  for (SequenceId id = 1; id <= 4; ++id) scheduler.enqueue(id, 7);  // a book
  scheduler.enqueue(5, 8);
  EXPECT_EQ(scheduler.admit(), 1U);
  EXPECT_EQ(scheduler.admit(), 5U);  // somebody else before the book's second piece
  EXPECT_EQ(scheduler.admit(), 2U);
  scheduler.remove(2);
  scheduler.enqueue(6, 8);
  EXPECT_EQ(scheduler.admit(), 3U);  // one each, so the first to come
}

TEST(Scheduler, EverybodyWhoSpeaksMakesATokenInEveryStep) {
  Scheduler scheduler({});
  const Candidate candidates[] = {{1, 0}, {2, 50}, {3, 0}, {4, 0, true}, {5, 20}, {6, 1}};
  const StepPlan plan = scheduler.plan(candidates, kTenMore);
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 3, 6}));
  ASSERT_TRUE(plan.chunk);
  EXPECT_EQ(plan.chunk->id, 2U);  // the oldest that reads
  EXPECT_EQ(plan.chunk->num_tokens, 10);
}

TEST(Scheduler, AChunkIsNoLongerThanThePromptNorTheSetting) {
  Scheduler scheduler({.prompt_chunk = 6});
  const Candidate long_prompt[] = {{1, 50}};
  EXPECT_EQ(scheduler.plan(long_prompt, kTenMore).chunk->num_tokens, 6);
  const Candidate short_prompt[] = {{1, 4}};
  EXPECT_EQ(scheduler.plan(short_prompt, kTenMore).chunk->num_tokens, 4);
}

TEST(Scheduler, WhereThereIsNoTimeAPromptIsReadByTheToken) {
  Scheduler scheduler({});
  const Candidate candidates[] = {{1, 0}, {2, 50}};
  const StepPlan plan = scheduler.plan(candidates, [](int num_singles) { return num_singles; });
  EXPECT_EQ(plan.singles, (std::vector<SequenceId>{1, 2}));
  EXPECT_FALSE(plan.chunk);
}

TEST(Scheduler, NothingToDoIsAnEmptyPlan) {
  Scheduler scheduler({});
  EXPECT_TRUE(scheduler.plan({}, kTenMore).empty());
  const Candidate paused[] = {{1, 0, true}, {2, 9, true}};
  EXPECT_TRUE(scheduler.plan(paused, kTenMore).empty());
}

TEST(Scheduler, WithFixedShapesPartsOfPromptsAndSpeakingTakeTurns) {
  Scheduler scheduler({.prompt_chunk = 8, .fixed_shapes = true});
  int unread = 40;
  int spoken = 0;
  int read_in_a_row = 0;
  while (unread > 1) {
    const Candidate candidates[] = {{1, 0}, {2, unread}};
    const StepPlan plan = scheduler.plan(candidates, kTenMore);
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

// Whatever comes and goes: places are never more than there are, everybody is served in the end,
// and nobody who speaks is left out of a step.
TEST(Scheduler, ServesEverybody) {
  Scheduler scheduler({.max_sequences = 3, .max_waiting = 100});
  std::map<SequenceId, int> unread;  // of those in progress; speaking ones count down below zero
  std::set<SequenceId> served;
  std::vector<SequenceId> order;
  for (SequenceId id = 1; id <= 60; ++id) scheduler.enqueue(id, id % 4);
  for (int step = 0; step < 10000 && served.size() < 60; ++step) {
    while (const auto id = scheduler.admit()) {
      unread[*id] = static_cast<int>(*id % 23) + 1;
      order.push_back(*id);
    }
    ASSERT_LE(order.size(), 3U);
    std::vector<Candidate> candidates;
    for (const SequenceId id : order) candidates.push_back({id, std::max(0, unread[id])});
    const StepPlan plan = scheduler.plan(candidates, kTenMore);
    ASSERT_FALSE(plan.empty());
    for (const Candidate& candidate : candidates) {
      if (candidate.num_unread == 0) {
        EXPECT_TRUE(std::count(plan.singles.begin(), plan.singles.end(), candidate.id));
      }
    }
    for (const SequenceId id : plan.singles) --unread[id];
    if (plan.chunk) unread[plan.chunk->id] -= plan.chunk->num_tokens;
    std::erase_if(order, [&](SequenceId id) {
      if (unread[id] > -5) return false;
      scheduler.remove(id);
      return served.insert(id).second;
    });
  }
  EXPECT_EQ(served.size(), 60U);
}

}  // namespace
}  // namespace orpheus::engine
