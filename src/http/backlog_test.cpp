#include "http/backlog.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

// 33 sentences of five seconds on a machine that speaks ten seconds in a second, all just begun:
// all end by the seventeenth second, and those who were refused come back soon after that.
TEST(Backlog, SpeechesThatBeganTogetherEndTogether) {
  Backlog backlog;
  const std::vector<double> remaining(33, 5.0);
  for (int i = 0; i < 27; ++i) {
    const int seconds = backlog.seconds_until_place(remaining, 10, 100);
    EXPECT_GE(seconds, 18) << i;
    EXPECT_LE(seconds, 21) << i;
  }
  // Nobody is awaited by then, and the speeches are others.
  EXPECT_LE(backlog.seconds_until_place(std::vector<double>(33, 1.0), 10, 200), 5);
}

// In the long run a place is free every half second.
TEST(Backlog, EachThatIsRefusedIsGivenALaterPlace) {
  Backlog backlog;
  std::vector<double> remaining;
  for (int i = 0; i < 33; ++i) remaining.push_back(5.0 * (i + 1) / 33);
  double before = 0;
  for (int i = 0; i < 40; ++i) {
    const int seconds = backlog.seconds_until_place(remaining, 10, 100);
    EXPECT_NEAR(seconds, std::max(4.0, 0.6 * (i + 1)), 5) << i;
    EXPECT_GE(seconds, before - 5) << i;
    before = seconds;
  }
}

// Guards against: the server is idle while refused clients still wait out a Retry-After of a
// minute. A refused client counts as waiting until its Retry-After ends or it returns.
TEST(Backlog, WhoCameBackIsNotAwaited) {
  Backlog backlog;
  const std::vector<double> remaining(4, 2.0);
  const int first = backlog.seconds_until_place(remaining, 4, 0);
  for (int i = 0; i < 100; ++i) {
    const double now = 60.0 * (i + 1);
    EXPECT_NEAR(backlog.seconds_until_place(remaining, 4, now), first, 1);
  }
}

TEST(Backlog, ABookAmongSentencesChangesLittle) {
  Backlog alone;
  Backlog beside;
  std::vector<double> remaining(9, 5.0);
  const int without = alone.seconds_until_place(remaining, 1, 0);
  remaining.push_back(3600);
  // It takes its share of the machine.
  EXPECT_NEAR(beside.seconds_until_place(remaining, 1, 0), without * 10 / 9.0, 1);
}

// What clients do with more than a minute: OpenAI's comes back at once.
TEST(Backlog, IsAtLeastASecondAndLessThanAMinute) {
  Backlog backlog;
  EXPECT_LE(backlog.seconds_until_place({}, 0, 0), 25);
  const std::vector<double> books(100, 3600.0);
  for (int i = 0; i < 100; ++i) {
    const int seconds = backlog.seconds_until_place(books, 0.1, 0);
    EXPECT_GE(seconds, 1);
    EXPECT_LE(seconds, 59);
  }
}

TEST(Rate, IsWhatWasMeasuredAndBeforeThatWhatWasMeasuredLast) {
  Rate rate;
  rate.begin(0, 0);
  EXPECT_EQ(rate.measure(0, 0), std::nullopt);
  EXPECT_EQ(rate.measure(0, 10), std::nullopt);  // nothing was made: it may be about to begin
  EXPECT_NEAR(rate.measure(1000, 100).value(), 10, 0.2);
  rate.begin(1000, 200);
  EXPECT_NEAR(rate.measure(1000, 200).value(), 10, 0.2);
  EXPECT_NEAR(rate.measure(1100, 300).value(), 1, 0.2);
}

// Guards against: after hours of work, the estimate still uses the rate of the first hour.
TEST(Rate, IsOfTheLastHalfMinute) {
  Rate rate;
  rate.begin(0, 0);
  for (int second = 1; second <= 1000; ++second) rate.measure(10.0 * second, second);
  double measured = 0;
  for (int second = 1; second <= 40; ++second)
    measured = rate.measure(10'000.0 + second, 1000.0 + second).value();
  EXPECT_NEAR(measured, 1, 0.2);
}

}  // namespace
}  // namespace orpheus::http
