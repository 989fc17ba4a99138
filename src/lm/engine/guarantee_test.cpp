#include "lm/engine/guarantee.h"

#include <gtest/gtest.h>

#include "lm/engine/sequence_time.h"

namespace orpheus::engine {
namespace {

int itself(int num_rows) { return num_rows; }

// Steps of a device: fixed seconds, and seconds for each sequence.
struct Steps {
  double fixed;
  double each;
  double operator()(int num_sequences) const { return fixed + each * num_sequences; }
};

// Listeners come one by one until one is refused. Each is there for `steps` steps before the next.
int fill(RealtimeGuarantee& guarantee, const Steps& steps, int num_steps = 40) {
  int listeners = 0;
  while (listeners < 1000 && guarantee.has_room({.num_listeners = listeners})) {
    ++listeners;
    for (int i = 0; i < num_steps; ++i) guarantee.record(listeners, steps(listeners));
  }
  return listeners;
}

// Guards against a server that refuses everybody: nobody is disturbed by a first listener, however
// slow the device is.
TEST(Guarantee, AFirstListenerAlwaysBegins) {
  RealtimeGuarantee guarantee(8, 8, itself);
  EXPECT_TRUE(guarantee.has_room({.num_listeners = 0}));
  guarantee.record(1, 10 * kSecondsPerToken);
  EXPECT_TRUE(guarantee.has_room({.num_listeners = 0}));
  EXPECT_FALSE(guarantee.has_room({.num_listeners = 1}));
  EXPECT_EQ(guarantee.most_listeners(), 1);
}

// Guards against a burst at the start that nobody can serve.
TEST(Guarantee, BeforeAStepWasMeasuredAListenerStaysAlone) {
  const RealtimeGuarantee guarantee(8, 8, itself);
  EXPECT_FALSE(guarantee.has_room({.num_listeners = 1}));
}

// The property: those who are let in are made faster than they play, and not far fewer are let in
// than could be.
TEST(Guarantee, LetsInAsManyAsAreMadeInTime) {
  for (const double fixed : {0.0005, 0.002, 0.005}) {
    for (const double each : {0.00002, 0.0001, 0.0008}) {
      const Steps steps = {fixed, each};
      RealtimeGuarantee guarantee(256, 256, itself);
      const int listeners = fill(guarantee, steps);
      EXPECT_LE(steps(listeners), kSecondsPerToken) << fixed << " " << each;
      if (listeners == 256) continue;
      EXPECT_GE(steps(listeners + listeners / 10 + 1), 0.75 * kSecondsPerToken)
          << fixed << " " << each;
    }
  }
}

// Guards against listeners without a lane, who would wait for others to end.
TEST(Guarantee, ThereAreNoMoreListenersThanLanes) {
  RealtimeGuarantee guarantee(8, 8, itself);
  EXPECT_EQ(fill(guarantee, {0.0001, 0.00001}), 8);
}

// Guards against a guarantee that is lifted once another program slows the machine down, and one
// that is never given again after it.
TEST(Guarantee, FollowsTheMachine) {
  RealtimeGuarantee guarantee(64, 64, itself);
  const int before = fill(guarantee, {0.001, 0.0004});
  for (int i = 0; i < 100; ++i) guarantee.record(before, 3 * (0.001 + 0.0004 * before));
  EXPECT_LT(guarantee.most_listeners(), before);
  for (int i = 0; i < 20'000; ++i) guarantee.record(before / 2, 0.001 + 0.0004 * before / 2);
  EXPECT_GE(guarantee.most_listeners(), before * 9 / 10);
}

// Guards against a newcomer beside a listener who waits for sound already.
TEST(Guarantee, WhileOneIsLateNobodyBegins) {
  RealtimeGuarantee guarantee(8, 8, itself);
  guarantee.record(1, 0.0001);
  EXPECT_TRUE(guarantee.has_room({.num_listeners = 1}));
  EXPECT_FALSE(guarantee.has_room({.num_listeners = 1, .one_is_late = true}));
}

// Guards against sequences of two units that are all let in and of which half waits for a lane.
TEST(Guarantee, ListenersNeedUnitsOfTheCache) {
  RealtimeGuarantee guarantee(8, 10, itself);
  fill(guarantee, {0.0001, 0.00001});
  EXPECT_TRUE(guarantee.has_room({.num_listeners = 4, .num_units = 8}, 2));
  EXPECT_FALSE(guarantee.has_room({.num_listeners = 4, .num_units = 9}, 2));
  EXPECT_TRUE(guarantee.has_room({.num_listeners = 4, .num_units = 9}, 1));
}

// Guards against a burst: many listeners begin at once, and none gets sound faster than it plays.
TEST(Guarantee, FewerBeginAtOnceThanAreHeld) {
  RealtimeGuarantee guarantee(64, 64, itself);
  const int most = fill(guarantee, {0.001, 0.0004});
  EXPECT_TRUE(guarantee.has_room({.num_listeners = most - 1, .num_near = most / 4}));
  EXPECT_FALSE(guarantee.has_room({.num_listeners = most - 1, .num_near = most - 1}));
}

// Guards against pieces that are made ahead and count as listeners, and against a newcomer before
// its first sound, or a client that does not read, that counts as late.
TEST(Demand, IsOfSpeechesAndNotOfPieces) {
  const int book = 0;
  const int other = 0;
  const auto sequence = [](double slack, bool sounded, const void* speech, size_t num_before = 0) {
    return Demanding{{.slack = slack, .num_before = num_before, .sounded = sounded}, speech};
  };
  const Demanding pieces[] = {sequence(2, true, &book),    sequence(2, true, &book, 1),
                              sequence(2, true, &book, 2), sequence(-3, false, &other),
                              sequence(1, true, nullptr),  sequence(1, true, nullptr)};
  EXPECT_EQ(demand_of(pieces).num_listeners, 4);
  EXPECT_EQ(demand_of(pieces).num_near, 4);
  EXPECT_EQ(demand_of(pieces).num_units, 4);
  EXPECT_FALSE(demand_of(pieces).one_is_late);
  Demanding long_piece = sequence(5, true, &book, 1);
  long_piece.standing.num_units = 2;
  const Demanding with_long_piece[] = {sequence(5, true, &book), long_piece};
  EXPECT_EQ(demand_of(with_long_piece).num_units, 2);
  EXPECT_EQ(demand_of(with_long_piece).num_near, 0);
  Demanding paused = sequence(-1, true, &book);
  paused.standing.paused = true;
  EXPECT_FALSE(demand_of({{paused}}).one_is_late);
  const Demanding late[] = {sequence(2, true, &other), sequence(-0.1, true, &book)};
  EXPECT_TRUE(demand_of(late).one_is_late);
  EXPECT_EQ(demand_of({}).num_listeners, 0);
}

}  // namespace
}  // namespace orpheus::engine
