#include "lm/remote/balance.h"

#include <gtest/gtest.h>

namespace orpheus::remote {
namespace {

using namespace std::chrono_literals;

const Balance::Time kNow = Balance::Time() + 1000h;
const std::vector<bool> kNone(3);

size_t take(Balance& balance, Balance::Time now = kNow) {
  const size_t server = balance.pick(now, kNone).value();
  balance.begin(server);
  return server;
}

TEST(Balance, TheOneWithTheLeastToDoIsNext) {
  Balance balance(3);
  std::vector<int> taken(3);
  for (int i = 0; i < 9; ++i) ++taken[take(balance)];
  EXPECT_EQ(taken, (std::vector<int>{3, 3, 3}));
  balance.end(1, Verdict::kGood, kNow);
  EXPECT_EQ(take(balance), 1U);
  // In turn where all have the same.
  Balance idle(3);
  std::vector<size_t> order;
  for (int i = 0; i < 6; ++i) {
    order.push_back(take(idle));
    idle.end(order.back(), Verdict::kGood, kNow);
  }
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 0, 1, 2}));
}

TEST(Balance, WhatWasTriedIsNotTakenAgain) {
  Balance balance(3);
  EXPECT_EQ(balance.pick(kNow, {true, false, true}), 1U);
  EXPECT_EQ(balance.pick(kNow, {true, true, true}), std::nullopt);
}

TEST(Balance, OneThatFailedComesLastForAWhileAndIsDownAfterThree) {
  Balance balance(3);
  balance.begin(0);
  balance.end(0, Verdict::kFailed, kNow);
  EXPECT_FALSE(balance.is_down(0));
  for (int i = 0; i < 6; ++i) EXPECT_NE(take(balance), 0U);
  EXPECT_EQ(take(balance, kNow + 1s), 0U);  // the pause is over, and it has the least to do
  balance.end(0, Verdict::kGood, kNow);
  for (int i = 0; i < Balance::kMostFailures; ++i) {
    EXPECT_FALSE(balance.is_down(0));
    balance.begin(0);
    balance.end(0, Verdict::kFailed, kNow);
  }
  EXPECT_TRUE(balance.is_down(0));
  EXPECT_FALSE(balance.is_down(1));
}

TEST(Balance, OneThatIsDownGetsNothingUntilAProbeFindsItWell) {
  Balance balance(2);
  const std::vector<bool> none(2);
  balance.begin(0);
  balance.begin(0);
  balance.end(0, Verdict::kIsDown, kNow);
  EXPECT_TRUE(balance.is_down(0));
  // What was on its way tells nothing about it now.
  balance.end(0, Verdict::kGood, kNow);
  EXPECT_EQ(balance.pick(kNow + 1h, none), 1U);
  balance.begin(1);
  balance.end(1, Verdict::kIsDown, kNow + 1s);
  EXPECT_EQ(balance.pick(kNow + 1h, none), std::nullopt);
  // Each server has its own time for a probe, so a slow one does not delay the others.
  EXPECT_LE(balance.probe_due(0).value(), kNow + Balance::kFirstPause);
  EXPECT_GT(balance.probe_due(1).value(), kNow + 1s);

  // Pauses grow, by chance between half and all of the longest there is by then.
  auto now = kNow;
  auto longest = Balance::kFirstPause;
  for (int i = 0; i < 8; ++i) {
    const auto pause = balance.probe_due(0).value() - now;
    EXPECT_GE(pause, longest / 2 - 1ms) << i;
    EXPECT_LE(pause, longest) << i;
    balance.probed(0, false, now);
    longest = std::min(2 * longest, Balance::kLastPause);
    if (i == 0) balance.probed(1, true, now);
  }
  EXPECT_EQ(balance.pick(now, none), 1U);
  balance.probed(0, true, now);
  EXPECT_EQ(balance.probe_due(0), std::nullopt);
  EXPECT_FALSE(balance.is_down(0));
}

// Guards against: eight requests that fail at once count as eight failures, so the server gets no
// requests for a quarter of a minute.
TEST(Balance, EightFailuresAtOnceLengthenThePauseOnce) {
  for (const Verdict verdict : {Verdict::kIsDown, Verdict::kFailed}) {
    Balance balance(1);
    for (int i = 0; i < 8; ++i) balance.begin(0);
    for (int i = 0; i < 8; ++i) balance.end(0, verdict, kNow);
    EXPECT_EQ(balance.num_outstanding(0), 0);
    ASSERT_TRUE(balance.is_down(0));
    // Of those that broke off it takes three until it counts as down; the other five are the same.
    const int doublings = verdict == Verdict::kIsDown ? 0 : Balance::kMostFailures - 1;
    const auto longest = Balance::kFirstPause * (1 << doublings);
    EXPECT_LE(balance.probe_due(0).value() - kNow, longest);
    EXPECT_GE(balance.probe_due(0).value() - kNow, longest / 2 - 1ms);
    balance.probed(0, false, kNow);
    EXPECT_LE(balance.probe_due(0).value() - kNow, 2 * longest);
  }
}

}  // namespace
}  // namespace orpheus::remote
