#include "http/worker_pool.h"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

// Keeps the threads of a pool busy until it is released.
struct Gate {
  std::promise<void> opened;
  std::shared_future<void> open{opened.get_future()};
  WorkerPool::Job job(std::latch* started = nullptr) {
    return {.cancel = {}, .run = [open = open, started] {
              if (started != nullptr) started->count_down();
              open.wait();
            }};
  }
};

TEST(WorkerPool, RunsAsManyAsItHasThreadsAndKeepsAsManyWaitingAsItMay) {
  Gate gate;
  std::latch started(2);
  WorkerPool pool(2, 3, 0);
  EXPECT_TRUE(pool.submit(gate.job(&started)));
  EXPECT_TRUE(pool.submit(gate.job(&started)));
  started.wait();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(gate.job()));
  EXPECT_FALSE(pool.submit(gate.job()));
  gate.opened.set_value();
}

TEST(WorkerPool, TakesWorkForIdleThreadsThoughNothingMayWait) {
  Gate gate;
  WorkerPool pool(3, 0, 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(gate.job()));
  EXPECT_FALSE(pool.submit(gate.job()));
  gate.opened.set_value();
}

TEST(WorkerPool, WhatAJobHoldsMayCallBackWhenItIsFreed) {
  WorkerPool pool(1, 1, 0);
  std::atomic<int> num_freed{0};
  const auto calling_back = [&] {
    return std::shared_ptr<int>(new int, [&](const int* held) {
      delete held;
      static_cast<void>(pool.num_waiting());
      ++num_freed;
    });
  };
  Gate gate;
  std::latch started(1);
  EXPECT_TRUE(pool.submit(gate.job(&started)));
  started.wait();
  for (int i = 0; i < 2; ++i) {  // the first is pushed out, the second found by the worker
    const CancelToken cancel;
    EXPECT_TRUE(pool.submit({.cancel = cancel, .run = [held = calling_back()] {}}));
    cancel.cancel();
  }
  gate.opened.set_value();
  while (num_freed < 2) std::this_thread::yield();
}

TEST(WorkerPool, AJobThatIsCancelledWhileItWaitsGivesUpItsPlace) {
  Gate gate;
  std::latch started(1);
  std::atomic<bool> ran{false};
  WorkerPool pool(1, 1, 0);
  EXPECT_TRUE(pool.submit(gate.job(&started)));
  started.wait();
  const CancelToken cancel;
  EXPECT_TRUE(pool.submit({.cancel = cancel, .run = [&ran] { ran = true; }}));
  EXPECT_FALSE(pool.submit(gate.job()));
  cancel.cancel();
  std::promise<void> last;
  EXPECT_TRUE(pool.submit({.cancel = {}, .run = [&last] { last.set_value(); }}));
  gate.opened.set_value();
  last.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(WorkerPool, ServesInTheOrderOfArrival) {
  std::vector<int> order;
  std::promise<void> last;
  WorkerPool pool(1, 100, 0);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(pool.submit({.cancel = {}, .run = [&order, i] { order.push_back(i); }}));
  }
  EXPECT_TRUE(pool.submit({.cancel = {}, .run = [&last] { last.set_value(); }}));
  last.get_future().wait();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, StoppedItHasEndedWhatRanAndTakesNothing) {
  std::atomic<bool> ended{false};
  std::latch started(1);
  std::promise<void> refused;  // stop() has begun
  WorkerPool pool(1, 10, 0);
  EXPECT_TRUE(pool.submit({.cancel = {}, .run = [&] {
                             started.count_down();
                             refused.get_future().wait();
                             ended = true;
                           }}));
  started.wait();
  bool ran = false;
  EXPECT_TRUE(pool.submit(
      {.cancel = {}, .run = [&] { ran = true; }, .refuse = [&] { refused.set_value(); }}));
  pool.stop();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.submit({.cancel = {}, .run = [] {}}));
}

TEST(WorkerPool, AJobThatWaitsForItsListenerIsInNobodysWay) {
  constexpr int kNumSlow = 20;
  Gate gate;
  std::latch waiting(kNumSlow);
  std::atomic<int> num_ended{0};
  WorkerPool pool(2, 2, kNumSlow);
  const auto slow = [&] {
    pool.leave_place();
    waiting.count_down();
    gate.open.wait();
    pool.take_place_again();
    ++num_ended;
  };
  for (int i = 0; i < kNumSlow; ++i) {
    while (!pool.submit({.cancel = {}, .run = slow})) std::this_thread::yield();
  }
  waiting.wait();
  EXPECT_EQ(pool.num_waiting(), 0U);
  std::promise<void> quick;  // runs while all of them wait
  EXPECT_TRUE(pool.submit({.cancel = {}, .run = [&] { quick.set_value(); }}));
  quick.get_future().wait();
  gate.opened.set_value();
  pool.stop();
  EXPECT_EQ(num_ended, kNumSlow);
}

TEST(WorkerPool, NotEveryListenerMayBeSlow) {
  Gate gate;
  std::latch waiting(2);
  WorkerPool pool(1, 0, 1);
  const auto slow = [&] {
    pool.leave_place();
    waiting.count_down();
    gate.open.wait();
    pool.take_place_again();
  };
  EXPECT_TRUE(pool.submit({.cancel = {}, .run = slow}));
  while (!pool.submit({.cancel = {}, .run = slow})) std::this_thread::yield();
  waiting.wait();
  EXPECT_FALSE(pool.submit(gate.job()));
  gate.opened.set_value();
}

}  // namespace
}  // namespace orpheus::http
