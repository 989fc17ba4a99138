// What must end although there is no memory: a response, a job and a pool. An exception there has
// nobody to catch it, and ends the whole program.

#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/no_more_memory.h"
#include "http/response_channel.h"
#include "http/worker_pool.h"

namespace orpheus::http {
namespace {

using Next = WorkerPool::Next;

TEST(WithoutMemory, AResponseEndsAndIsLeft) {
  // More than a std::function keeps within itself.
  const Wake wake = [text = std::string(100, 'x')] { EXPECT_EQ(text.size(), 100U); };
  ResponseChannel channel(100, {}, [] {});
  EXPECT_TRUE(channel.has_room(wake));
  channel.begin({.status = 200, .headers = {}, .body = {}});
  EXPECT_TRUE(channel.write(std::vector<std::byte>(100)));
  EXPECT_FALSE(channel.has_room(wake));
  channel.finish();
  const NoMoreMemory shortage;
  channel.close();
  EXPECT_EQ(channel.take().bytes.size(), 100U);
  EXPECT_TRUE(channel.take().bytes.empty());
  channel.leave();
}

// Memory is short on the pool's thread from the step until the job is freed.
struct ShortOfMemory {
  std::optional<NoMoreMemory> shortage;
  std::promise<void>& freed;

  explicit ShortOfMemory(std::promise<void>& told) : freed(told) {}
  ~ShortOfMemory() {
    shortage.reset();
    freed.set_value();
  }
  ShortOfMemory(const ShortOfMemory&) = delete;
  ShortOfMemory& operator=(const ShortOfMemory&) = delete;
};

TEST(WithoutMemory, AJobEnds) {
  WorkerPool pool(1, 10, 0);
  for (const bool throws : {false, true}) {
    std::promise<void> freed;
    auto is_freed = freed.get_future();
    ASSERT_TRUE(pool.submit(
        {.cancel = {},
         .step = [throws, held = std::make_shared<ShortOfMemory>(freed)](const Wake& /*wake*/) {
           held->shortage.emplace();
           if (throws) throw std::bad_alloc();
           return Next::kDone;
         }}));
    ASSERT_EQ(is_freed.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

TEST(WithoutMemory, APoolRefusesItsJobs) {
  constexpr int kNumJobs = 3;
  WorkerPool pool(1, kNumJobs, 0);
  int num_refused = 0;
  for (int i = 0; i < kNumJobs; ++i) {
    auto waits = std::make_shared<std::promise<void>>();
    auto is_waiting = waits->get_future();
    ASSERT_TRUE(pool.submit({.cancel = {},
                             .step =
                                 [waits](const Wake& /*wake*/) {
                                   waits->set_value();
                                   return Next::kWaits;
                                 },
                             .refuse = [&num_refused] { ++num_refused; },
                             .playback = std::make_shared<lm::Playback>()}));
    ASSERT_EQ(is_waiting.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
  // A job that has said that it waits may still be at the end of its step.
  while (num_refused < kNumJobs) {
    const NoMoreMemory shortage;
    pool.refuse_waiting();
  }
}

}  // namespace
}  // namespace orpheus::http
