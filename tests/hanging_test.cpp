// A test that never ends, to see that test_main.cpp ends it. Run by ctest alone, with a limit of
// one second.
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

TEST(Hanging, WaitsForever) {
  std::mutex mutex;
  std::unique_lock<std::mutex> lock(mutex);
  std::condition_variable never;
  never.wait(lock, [] { return false; });
}
