#include "http/worker_pool.h"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/response_channel.h"

namespace orpheus::http {
namespace {

using Next = WorkerPool::Next;

WorkerPool::Job once(std::function<void()> run) {
  return {.cancel = {}, .step = [run = std::move(run)](const Wake&) {
            run();
            return Next::kDone;
          }};
}

// Keeps the threads of a pool busy until it is released.
struct Gate {
  std::promise<void> opened;
  std::shared_future<void> open{opened.get_future()};
  WorkerPool::Job job(std::latch* started = nullptr) {
    return once([open = open, started] {
      if (started != nullptr) started->count_down();
      open.wait();
    });
  }
};

// Waits as it is told until it is released, then ends.
struct Waiter {
  explicit Waiter(Next how) : how_(how) {}
  WorkerPool::Job job() {
    return {.cancel = cancel, .step = [this](const Wake& wake) {
              const std::lock_guard lock(mutex_);
              wake_ = wake;
              waits = true;
              return released_ ? Next::kDone : how_;
            }};
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    if (wake_) wake_();
  }
  const CancelToken cancel;
  std::atomic<bool> waits{false};

 private:
  const Next how_;
  std::mutex mutex_;
  bool released_ = false;
  Wake wake_;
};

TEST(WorkerPool, TakesAsManyJobsAsItMay) {
  Gate gate;
  WorkerPool pool(2, 5, 0);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool.submit(gate.job()));
  EXPECT_FALSE(pool.submit(gate.job()));
  EXPECT_GE(pool.seconds_until_place(1), 1);
  gate.opened.set_value();
}

// Guards against: a client is refused at its last try, because a place became free a moment later
// than it was told.
TEST(WorkerPool, WhoTriesForTheLastTimeHasHalfAsManyPlacesMore) {
  Gate gate;
  WorkerPool pool(2, 4, 0);
  const auto submit = [&](bool is_last_try) {
    auto job = gate.job();
    job.is_last_try = is_last_try;
    return pool.submit(std::move(job));
  };
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(submit(false));
  EXPECT_FALSE(submit(false));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(submit(true));
  EXPECT_FALSE(submit(true));
  EXPECT_FALSE(submit(false));
  gate.opened.set_value();
}

// Guards against: the process ends when a step of a job runs out of memory.
TEST(WorkerPool, WhatAStepThrowsEndsItsJobAlone) {
  WorkerPool pool(1, 10, 0);
  for (int round = 0; round < 5; ++round) {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> freed = held;
    ASSERT_TRUE(pool.submit(once([held = std::move(held)] { throw std::bad_alloc(); })));
    std::promise<void> done;
    auto is_done = done.get_future();
    ASSERT_TRUE(pool.submit(once([&] { done.set_value(); })));
    ASSERT_EQ(is_done.wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_TRUE(freed.expired());
  }
}

TEST(WorkerPool, CarriesManyJobsThatWaitOnFewThreads) {
  constexpr size_t kNumJobs = 500;
  WorkerPool pool(2, kNumJobs + 1, 0);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::vector<Wake> wakes;
  std::latch ended(kNumJobs);
  for (size_t i = 0; i < kNumJobs; ++i) {
    auto stepped = std::make_shared<bool>(false);
    EXPECT_TRUE(pool.submit({.cancel = {}, .step = [&, stepped](const Wake& wake) {
                               const std::lock_guard lock(mutex);
                               threads.insert(std::this_thread::get_id());
                               if (std::exchange(*stepped, true)) {
                                 ended.count_down();
                                 return Next::kDone;
                               }
                               wakes.push_back(wake);
                               return Next::kWaits;
                             }}));
  }
  while (true) {
    const std::lock_guard lock(mutex);
    if (wakes.size() == kNumJobs) break;
  }
  std::promise<void> newcomer;  // beside all that wait
  EXPECT_TRUE(pool.submit(once([&] { newcomer.set_value(); })));
  newcomer.get_future().wait();
  for (const Wake& wake : wakes) wake();
  ended.wait();
  EXPECT_LE(threads.size(), 2U);
}

// Two speeches are decoded by two threads, though the first waited for tokens when the second came.
TEST(WorkerPool, HasAllItsThreadsForJobsThatWaitedAtFirst) {
  Waiter first(Next::kWaits);
  WorkerPool pool(2, 2, 0);
  std::latch together(2);
  const auto meet = [&](Waiter& waiter) {
    return WorkerPool::Job{.cancel = {}, .step = [&](const Wake& wake) {
                             if (waiter.job().step(wake) == Next::kWaits) return Next::kWaits;
                             together.arrive_and_wait();
                             return Next::kDone;
                           }};
  };
  EXPECT_TRUE(pool.submit(meet(first)));
  while (!first.waits) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // its thread has nothing to do
  Waiter second(Next::kWaits);
  EXPECT_TRUE(pool.submit(meet(second)));
  while (!second.waits) std::this_thread::yield();
  first.release();
  second.release();
  pool.stop();
}

// A wake-up that comes while the job still runs, and before it says that it waits.
TEST(WorkerPool, NoWakeUpIsLost) {
  WorkerPool pool(2, 10, 0);
  std::promise<void> ended;
  int num_steps = 0;
  EXPECT_TRUE(pool.submit({.cancel = {}, .step = [&](const Wake& wake) {
                             if (++num_steps == 1000) {
                               ended.set_value();
                               return Next::kDone;
                             }
                             wake();
                             return Next::kWaits;
                           }}));
  ended.get_future().wait();
}

// Guards against: a job waits forever for a client that disconnects after the job has checked for
// room and before it has registered its wait.
TEST(WorkerPool, AClientThatLeavesWhileItsJobBeginsToWaitIsNotWaitedFor) {
  WorkerPool pool(1, 1, 1);
  std::promise<bool> ended;
  const CancelToken cancel;
  ResponseChannel channel(8, cancel, [] {});
  bool is_begun = false;
  EXPECT_TRUE(pool.submit({.cancel = cancel, .step = [&](const Wake& wake) {
                             if (!channel.has_room(wake)) {
                               channel.leave();
                               return Next::kWaitsForClient;
                             }
                             if (std::exchange(is_begun, true)) {
                               channel.close();
                               ended.set_value(cancel.cancelled());
                               return Next::kDone;
                             }
                             channel.begin({});
                             channel.write(std::vector<std::byte>(100));
                             return Next::kMore;
                           }}));
  auto end = ended.get_future();
  ASSERT_EQ(end.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_TRUE(end.get());
}

TEST(WorkerPool, AWakeUpMayComeWhenTheJobAndThePoolAreGone) {
  Wake wake;
  {
    WorkerPool pool(1, 1, 0);
    std::promise<void> ended;
    EXPECT_TRUE(pool.submit({.cancel = {}, .step = [&](const Wake& its) {
                               wake = its;
                               ended.set_value();
                               return Next::kDone;
                             }}));
    ended.get_future().wait();
  }
  wake();
}

TEST(WorkerPool, WhatAJobHoldsMayCallBackWhenItIsFreed) {
  WorkerPool pool(1, 2, 0);
  std::promise<void> freed;
  std::shared_ptr<int> held(new int, [&](const int* number) {
    delete number;
    static_cast<void>(pool.seconds_until_place(1));
    freed.set_value();
  });
  EXPECT_TRUE(pool.submit(once([held = std::move(held)] {})));
  freed.get_future().wait();
}

TEST(WorkerPool, AJobThatIsCancelledGivesItsPlaceToAnother) {
  Waiter waiter(Next::kWaits);
  WorkerPool pool(1, 1, 0);
  EXPECT_TRUE(pool.submit(waiter.job()));
  std::promise<void> other;
  EXPECT_FALSE(pool.submit(once([&] { other.set_value(); })));
  waiter.cancel.cancel();
  EXPECT_TRUE(pool.submit(once([&] { other.set_value(); })));
  other.get_future().wait();
  waiter.release();
}

TEST(WorkerPool, JobsThatWaitForTheirClientsAreInNobodysWay) {
  Waiter first(Next::kWaitsForClient);
  Waiter second(Next::kWaitsForClient);
  WorkerPool pool(1, 1, 1);
  EXPECT_TRUE(pool.submit(first.job()));
  while (!pool.submit(second.job())) std::this_thread::yield();
  while (!second.waits) std::this_thread::yield();
  EXPECT_FALSE(pool.submit(once([] {}))) << "not every client may be slow";
  first.release();
  second.release();
}

// What a refused client is told: of the speeches in progress, the sound that is not sent yet is
// counted, and not that of a speech which waits for its own client.
TEST(WorkerPool, TimeUntilAPlaceIsOfTheSoundStillToBeMade) {
  constexpr double kRate = 1;  // seconds of sound in a second, as nothing was measured yet
  const auto speech = [](Waiter& waiter, double sent, double expected) {
    auto job = waiter.job();
    const auto playback = std::make_shared<lm::Playback>();
    playback->send(sent);
    job.playback = playback;
    job.expected_seconds = expected;
    return job;
  };
  const auto seconds_beside = [&](Next how, double sent) {
    Waiter waiter(how);
    WorkerPool pool(1, 1, 1);
    EXPECT_TRUE(pool.submit(speech(waiter, sent, 40)));
    while (!waiter.waits) std::this_thread::yield();
    if (how == Next::kWaitsForClient) {  // the state is set after the step
      while (!pool.submit(once([] {}))) std::this_thread::yield();
    }
    const int seconds = pool.seconds_until_place(kRate);
    waiter.release();
    return seconds;
  };
  EXPECT_NEAR(seconds_beside(Next::kWaits, 0), 40 * 1.15, 4);
  EXPECT_NEAR(seconds_beside(Next::kWaits, 30), 10 * 1.15, 2);
  EXPECT_LE(seconds_beside(Next::kWaitsForClient, 0), 2);
}

// Guards against: the sound of speeches that have ended is lost or taken off, so that a fast
// machine tells clients to come back in a minute.
TEST(WorkerPool, TheRateIsOfAllSoundThatWasSent) {
  Waiter unfinished(Next::kWaits);
  WorkerPool pool(1, 2, 0);
  auto waits = unfinished.job();
  waits.playback = std::make_shared<lm::Playback>();
  waits.expected_seconds = 60;
  EXPECT_TRUE(pool.submit(std::move(waits)));
  std::promise<void> ended;
  const auto playback = std::make_shared<lm::Playback>();
  auto quick = once([&] {
    playback->send(100);
    ended.set_value();
  });
  quick.playback = playback;
  EXPECT_TRUE(pool.submit(std::move(quick)));
  ASSERT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));  // less is no measurement
  constexpr double kRate = 1;  // which would take the longest time that is told
  EXPECT_LE(pool.seconds_until_place(kRate), 30);
  unfinished.release();
}

TEST(WorkerPool, StepsWhatRunsDryFirst) {
  const auto now = lm::Playback::Clock::now();
  Gate gate;
  std::latch started(1);
  WorkerPool pool(1, 100, 0);
  EXPECT_TRUE(pool.submit(gate.job(&started)));
  started.wait();
  std::vector<int> order;
  std::promise<void> last;
  for (int i = 0; i < 50; ++i) {
    auto job = once([&, i] {
      order.push_back(i);
      if (order.size() == 50) last.set_value();
    });
    job.playback = std::make_shared<lm::Playback>(now - std::chrono::seconds(i));
    EXPECT_TRUE(pool.submit(std::move(job)));
  }
  gate.opened.set_value();
  last.get_future().wait();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], 49 - i);
}

TEST(WorkerPool, WithoutPlaybackStepsInTheOrderOfArrival) {
  std::vector<int> order;
  std::promise<void> last;
  WorkerPool pool(1, 100, 0);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.submit(once([&order, i] { order.push_back(i); })));
  EXPECT_TRUE(pool.submit(once([&last] { last.set_value(); })));
  last.get_future().wait();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, StoppedItHasEndedWhatRanRefusedWhatHadNoSoundAndTakesNothing) {
  std::atomic<bool> ended{false};
  std::latch started(1);
  std::promise<void> refused;  // stop() has begun
  WorkerPool pool(1, 10, 0);
  EXPECT_TRUE(pool.submit(once([&] {
    started.count_down();
    refused.get_future().wait();
    ended = true;
  })));
  started.wait();
  bool ran = false;
  auto waits = once([&] { ran = true; });
  waits.refuse = [&] { refused.set_value(); };
  EXPECT_TRUE(pool.submit(std::move(waits)));
  pool.stop();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.submit(once([] {})));
}

}  // namespace
}  // namespace orpheus::http
