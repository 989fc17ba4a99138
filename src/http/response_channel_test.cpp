#include "http/response_channel.h"

#include <chrono>
#include <new>
#include <thread>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using State = ResponseChannel::State;

std::vector<std::byte> bytes(size_t count) { return std::vector<std::byte>(count, std::byte{7}); }

TEST(ResponseChannel, PassesOnHeadBytesAndEnd) {
  int num_wakes = 0;
  ResponseChannel channel(100, {}, [&] { ++num_wakes; });
  EXPECT_TRUE(channel.take().bytes.empty());
  channel.begin({.status = 200, .headers = {}, .body = {}});
  EXPECT_TRUE(channel.write(bytes(10)));
  EXPECT_TRUE(channel.write(bytes(5)));
  auto progress = channel.take();
  EXPECT_TRUE(progress.head.has_value());
  EXPECT_EQ(progress.bytes.size(), 15U);
  EXPECT_EQ(progress.state, State::kOpen);
  channel.finish();
  channel.close();
  progress = channel.take();
  EXPECT_FALSE(progress.head.has_value());
  EXPECT_TRUE(progress.bytes.empty());
  EXPECT_EQ(progress.state, State::kFinished);
  EXPECT_EQ(num_wakes, 2);  // once for all that it found at each
}

// Guards against: a connection waits forever because its notification failed for lack of memory.
TEST(ResponseChannel, WhatCannotBeToldIsToldALittleLater) {
  int num_tries = 0;
  ResponseChannel channel(100, {}, [&] {
    if (++num_tries < 3) throw std::bad_alloc();
  });
  channel.close();
  EXPECT_EQ(num_tries, 3);
  EXPECT_EQ(channel.take().whole->status, 500);
}

// What the task does: writes while there is room.
TEST(ResponseChannel, TheTaskNeverGetsFurtherAheadThanTheCapacityAndAPiece) {
  constexpr size_t kCapacity = 100;
  constexpr size_t kPiece = 30;
  int num_wakes = 0;
  const Wake wake = [&] { ++num_wakes; };
  ResponseChannel channel(kCapacity, {}, [] {});
  size_t num_written = 0;
  size_t num_delivered = 0;
  size_t on_the_way = 0;
  for (int i = 0; i < 500; ++i) {
    while (channel.has_room(wake)) {
      EXPECT_TRUE(channel.write(bytes(kPiece)));
      num_written += kPiece;
    }
    EXPECT_GE(num_written, num_delivered + kCapacity);
    EXPECT_LT(num_written, num_delivered + kCapacity + kPiece);
    const int before = num_wakes;
    while (num_wakes == before) {
      num_delivered += on_the_way;
      on_the_way = channel.take().bytes.size();
    }
    EXPECT_EQ(num_wakes, before + 1);
  }
}

TEST(ResponseChannel, WhatIsFarAheadIsTakenPieceByPieceAndTheEndWithTheLast) {
  constexpr size_t kCount = 300;
  ResponseChannel channel(1U << 20U, {}, [] {});
  channel.begin({});
  for (size_t i = 0; i < kCount; ++i) {
    EXPECT_TRUE(channel.write(std::vector<std::byte>(1000, static_cast<std::byte>(i))));
  }
  channel.close();
  std::vector<std::byte> taken;
  auto state = State::kOpen;
  while (state == State::kOpen) {
    const auto progress = channel.take();
    ASSERT_FALSE(progress.bytes.empty());
    EXPECT_LE(progress.bytes.size(), 64U << 10U);
    taken.insert(taken.end(), progress.bytes.begin(), progress.bytes.end());
    state = progress.state;
  }
  EXPECT_EQ(state, State::kBroken);
  ASSERT_EQ(taken.size(), kCount * 1000);
  for (size_t i = 0; i < taken.size(); ++i) {
    ASSERT_EQ(taken[i], static_cast<std::byte>(i / 1000)) << i;
  }
}

TEST(ResponseChannel, AClientThatLeavesCancelsAndWakesTheTask) {
  const CancelToken cancel;
  int num_wakes = 0;
  const Wake wake = [&] { ++num_wakes; };
  ResponseChannel channel(10, cancel, [] {});
  EXPECT_TRUE(channel.has_room(wake));
  EXPECT_TRUE(channel.write(bytes(10)));
  EXPECT_FALSE(channel.has_room(wake));
  channel.leave();
  EXPECT_EQ(num_wakes, 1);
  EXPECT_TRUE(channel.has_room(wake));
  EXPECT_FALSE(channel.write(bytes(10)));
  EXPECT_TRUE(cancel.cancelled());
}

// Guards against: a client is not told that the server stops, because what its task wrote after
// the cancel was dropped.
TEST(ResponseChannel, AStopCancelsAndWakesTheTaskAndTakesItsLastWords) {
  const CancelToken cancel;
  int num_wakes = 0;
  const Wake wake = [&] { ++num_wakes; };
  ResponseChannel channel(10, cancel, [] {});
  channel.begin({});
  EXPECT_TRUE(channel.write(bytes(10)));
  EXPECT_FALSE(channel.has_room(wake));
  channel.stop();
  EXPECT_EQ(num_wakes, 1);
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_TRUE(channel.has_room(wake));
  EXPECT_FALSE(channel.write(bytes(5))) << "the task would go on";
  channel.finish();
  channel.close();
  const auto progress = channel.take();
  EXPECT_EQ(progress.bytes.size(), 15U);
  EXPECT_EQ(progress.state, State::kFinished);
}

// A task that waits for tokens has room, and must learn of it all the same.
TEST(ResponseChannel, AClientThatLeavesWakesATaskThatWaitsForSomethingElse) {
  int num_wakes = 0;
  ResponseChannel channel(10, {}, [] {});
  EXPECT_TRUE(channel.has_room([&] { ++num_wakes; }));
  channel.leave();
  EXPECT_EQ(num_wakes, 1);
}

TEST(ResponseChannel, CountsHowLongTheClientHeldTheTaskUp) {
  ResponseChannel channel(10, {}, [] {});
  EXPECT_EQ(channel.seconds_held_up(), 0);
  channel.write(bytes(10));
  EXPECT_FALSE(channel.has_room([] {}));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  channel.take();
  channel.take();  // what was taken first has been sent
  EXPECT_GE(channel.seconds_held_up(), 0.005);
}

TEST(ResponseChannel, WhatWasBegunAndNotFinishedIsBroken) {
  ResponseChannel channel(10, {}, [] {});
  channel.begin({});
  channel.close();
  EXPECT_EQ(channel.take().state, State::kBroken);
}

TEST(ResponseChannel, WhatWasNeverBegunIsAFaultOfOurs) {
  for (const bool finishes : {false, true}) {
    ResponseChannel channel(10, {}, [] {});
    if (finishes) channel.finish();
    channel.close();
    const auto progress = channel.take();
    ASSERT_TRUE(progress.whole.has_value());
    EXPECT_EQ(progress.whole->status, 500);
    EXPECT_EQ(progress.state, State::kFinished);
  }
}

}  // namespace
}  // namespace orpheus::http
