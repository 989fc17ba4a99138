#include "models/file_lock.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::models {
namespace {

// The file comes and goes with every turn, and still there is one holder at a time.
TEST(FileLock, OneAtATimeAndNothingStays) {
  const TestFolder folder;
  const auto path = folder.path() / "lock";
  std::atomic<int> num_holders = 0;
  std::atomic<int> num_turns = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200;) {
        const auto lock = FileLock::take(path, [] { return false; });
        if (!lock) continue;
        EXPECT_EQ(++num_holders, 1);
        ++num_turns;
        ++i;
        --num_holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_turns, 800);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FileLock, WhoWaitsGetsItAfterItsHolder) {
  const TestFolder folder;
  const auto path = folder.path() / "lock";
  int num_waits = 0;
  auto first = std::make_unique<Result<FileLock>>(FileLock::take(path, [] { return false; }));
  ASSERT_TRUE(first->has_value());
  const auto second = FileLock::take(path, [&] {
    first.reset();
    return ++num_waits < 100;
  });
  EXPECT_TRUE(second.has_value());
  EXPECT_EQ(num_waits, 1);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(FileLock, AFileThatAKilledHolderLeftLocksNobodyOut) {
  const TestFolder folder;
  std::ofstream(folder.path() / "lock") << "";
  EXPECT_TRUE(FileLock::take(folder.path() / "lock", [] { return false; }).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "lock"));
  EXPECT_EQ(FileLock::take(folder.path() / "no" / "lock", {}).error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace orpheus::models
