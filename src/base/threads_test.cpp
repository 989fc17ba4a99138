#include "base/threads.h"

#include <atomic>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/no_more_threads.h"

namespace orpheus {
namespace {

std::vector<int> times_done(size_t num_parts) {
  std::vector<std::atomic<int>> times(num_parts);
  run_in_parts(num_parts, [&](size_t part) { ++times[part]; });
  return {times.begin(), times.end()};
}

TEST(Threads, EveryPartIsDoneOnce) {
  for (const size_t num_parts : {0U, 1U, 2U, 7U})
    EXPECT_EQ(times_done(num_parts), std::vector<int>(num_parts, 1));
  EXPECT_TRUE(check_threads(0).has_value());
  EXPECT_TRUE(check_threads(3).has_value());
}

// Guards against: the process ends with "terminate called" when a thread cannot be started.
TEST(Threads, OneThatCannotBeStartedIsAnError) {
  std::atomic<int> num_runs = 0;
  auto started = start_thread([&] { ++num_runs; });
  ASSERT_TRUE(started.has_value());
  started->join();
  EXPECT_EQ(num_runs, 1);
  const NoMoreThreads none;
  if (!none.works()) GTEST_SKIP() << "this C library cannot be told";
  const auto refused = start_thread([&] { ++num_runs; });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(num_runs, 1);
}

// Guards against: "terminate called" ends the program if a loading model gets no thread.
TEST(Threads, WhereNoneCanBeStartedThePartsAreDoneAllTheSame) {
  const NoMoreThreads none;
  if (!none.works()) GTEST_SKIP() << "this C library cannot be told";
  EXPECT_EQ(times_done(5), std::vector<int>(5, 1));
  const auto checked = check_threads(3);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().kind, ErrorKind::kLimit);
  EXPECT_NE(checked.error().message().find("expected 3, found 0"), std::string::npos)
      << checked.error().message();
  EXPECT_TRUE(check_threads(0).has_value());
}

}  // namespace
}  // namespace orpheus
