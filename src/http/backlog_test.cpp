#include "http/backlog.h"

#include <vector>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

// 33 sentences of five seconds on a machine that speaks ten seconds in a second: a place every half
// second.
TEST(Backlog, EachThatIsRefusedIsGivenALaterPlace) {
  Backlog backlog;
  const std::vector<double> remaining(33, 5.0);
  EXPECT_EQ(backlog.seconds_until_place(remaining, 10, 100), 1);
  for (int i = 0; i < 25; ++i) backlog.seconds_until_place(remaining, 10, 100);
  EXPECT_EQ(backlog.seconds_until_place(remaining, 10, 100), 14);
  // What was promised is over by then.
  EXPECT_EQ(backlog.seconds_until_place(remaining, 10, 200), 1);
}

TEST(Backlog, ABookAmongSentencesChangesLittle) {
  Backlog alone;
  Backlog beside;
  std::vector<double> remaining(9, 5.0);
  const int without = alone.seconds_until_place(remaining, 1, 0);
  remaining.push_back(3600);
  EXPECT_NEAR(beside.seconds_until_place(remaining, 1, 0), without, 1);
}

// What clients do with more than a minute: OpenAI's comes back at once.
TEST(Backlog, IsAtLeastASecondAndLessThanAMinute) {
  Backlog backlog;
  EXPECT_EQ(backlog.seconds_until_place({}, 0, 0), 20);
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
  EXPECT_NEAR(rate.measure(1000, 100), 10, 0.2);
  rate.begin(1000, 200);
  EXPECT_NEAR(rate.measure(1000, 200), 10, 0.2);
  EXPECT_NEAR(rate.measure(1100, 300), 1, 0.2);
}

}  // namespace
}  // namespace orpheus::http
