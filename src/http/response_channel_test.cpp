#include "http/response_channel.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using State = ResponseChannel::State;

std::vector<std::byte> bytes(size_t count) { return std::vector<std::byte>(count, std::byte{7}); }

TEST(ResponseChannel, PassesOnHeadBytesAndEnd) {
  int num_wakes = 0;
  ResponseChannel channel(100, {}, {.progress = [&] { ++num_wakes; }});
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

TEST(ResponseChannel, TheMakerNeverGetsFurtherAheadThanTheCapacity) {
  constexpr size_t kCapacity = 100;
  constexpr size_t kPiece = 10;
  std::atomic<size_t> num_written{0};
  ResponseChannel channel(kCapacity, {}, {.progress = [] {}});
  std::thread maker([&] {
    for (int i = 0; i < 500; ++i) {
      if (!channel.write(bytes(kPiece))) break;
      num_written += kPiece;
    }
    channel.close();
  });
  size_t num_delivered = 0;
  size_t on_the_way = 0;
  while (num_delivered + on_the_way < 500 * kPiece) {
    EXPECT_LE(num_written, num_delivered + kCapacity);
    num_delivered += on_the_way;
    on_the_way = channel.take().bytes.size();
    std::this_thread::yield();
  }
  maker.join();
  EXPECT_EQ(num_written, 500 * kPiece);
}

TEST(ResponseChannel, WhatIsFarAheadIsTakenPieceByPieceAndTheEndWithTheLast) {
  constexpr size_t kCount = 300;
  ResponseChannel channel(1U << 20U, {}, {.progress = [] {}});
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

TEST(ResponseChannel, APieceLargerThanTheCapacityGoesThroughAlone) {
  ResponseChannel channel(10, {}, {.progress = [] {}});
  EXPECT_TRUE(channel.write(bytes(1000)));
  EXPECT_EQ(channel.take().bytes.size(), 1000U);
}

TEST(ResponseChannel, AListenerWhoLeavesCancelsAndWakesTheMaker) {
  const CancelToken cancel;
  ResponseChannel channel(10, cancel, {.progress = [] {}});
  EXPECT_TRUE(channel.write(bytes(10)));
  std::thread maker([&] { EXPECT_FALSE(channel.write(bytes(10))); });
  channel.leave();
  maker.join();
  EXPECT_TRUE(cancel.cancelled());
}

TEST(ResponseChannel, SaysWhenItsMakerWaitsForTheListener) {
  std::vector<ResponseChannel::Waiting> said;
  std::atomic<bool> waits{false};
  ResponseChannel channel(10, {},
                          {.progress = [] {},
                           .waiting =
                               [&](auto waiting) {
                                 said.push_back(waiting);
                                 waits = true;
                               }});
  EXPECT_TRUE(channel.write(bytes(10)));
  EXPECT_TRUE(said.empty());
  std::thread maker([&] { EXPECT_TRUE(channel.write(bytes(10))); });
  while (!waits) std::this_thread::yield();
  channel.take();
  channel.take();  // what was taken first has been sent
  maker.join();
  EXPECT_EQ(said,
            (std::vector{ResponseChannel::Waiting::kBegins, ResponseChannel::Waiting::kEnds}));
}

TEST(ResponseChannel, WhatWasBegunAndNotFinishedIsBroken) {
  ResponseChannel channel(10, {}, {.progress = [] {}});
  channel.begin({});
  channel.close();
  EXPECT_EQ(channel.take().state, State::kBroken);
}

TEST(ResponseChannel, WhatWasNeverBegunIsAFaultOfOurs) {
  for (const bool finishes : {false, true}) {
    ResponseChannel channel(10, {}, {.progress = [] {}});
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
