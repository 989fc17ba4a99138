#include "library/bounded_queue.h"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace orpheus::library {
namespace {

TEST(BoundedQueue, KeepsOrderAndNeverExceedsItsCapacity) {
  BoundedQueue<int> queue(3);
  std::atomic<bool> exceeded{false};
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) {
    if (queue.size() > 3) exceeded = true;
    EXPECT_EQ(*item, expected++);
  }
  writer.join();
  EXPECT_EQ(expected, 1000);
  EXPECT_FALSE(exceeded);
}

TEST(BoundedQueue, TryPushLeavesTheItemWhenFull) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.try_push(first));
  EXPECT_FALSE(queue.try_push(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, CloseWakesAWaitingWriterAndReader) {
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.push(1));
  std::thread writer([&] { EXPECT_FALSE(full.push(2)); });
  BoundedQueue<int> empty(1);
  std::thread reader([&] { EXPECT_FALSE(empty.pop().has_value()); });
  full.close();
  empty.close();
  writer.join();
  reader.join();
  EXPECT_EQ(full.pop(), 1);
  EXPECT_EQ(full.pop(), std::nullopt);
}

}  // namespace
}  // namespace orpheus::library
