#include "audio/pcm.h"

#include <limits>

#include <gtest/gtest.h>

namespace orpheus::audio {
namespace {

TEST(Pcm, ScalesRoundsAndClamps) {
  EXPECT_EQ(to_int16(0.0F), 0);
  EXPECT_EQ(to_int16(1.0F), 32767);
  EXPECT_EQ(to_int16(-1.0F), -32767);
  EXPECT_EQ(to_int16(0.6F / 32767), 1);
  EXPECT_EQ(to_int16(-0.4F / 32767), 0);
  EXPECT_EQ(to_int16(7.0F), 32767);
  EXPECT_EQ(to_int16(-7.0F), -32767);
}

TEST(Pcm, WhatIsNoNumberIsSilenceAndWhatIsInfiniteIsLoud) {
  EXPECT_EQ(to_int16(std::numeric_limits<float>::quiet_NaN()), 0);
  EXPECT_EQ(to_int16(std::numeric_limits<float>::infinity()), 32767);
  EXPECT_EQ(to_int16(-std::numeric_limits<float>::infinity()), -32767);
}

TEST(Pcm, AppendsTheLowByteFirst) {
  std::vector<std::byte> bytes{std::byte{9}};
  const std::vector<float> samples{258.0F / 32767, -1.0F / 32767};
  append_int16_bytes(samples, bytes);
  EXPECT_EQ(bytes, (std::vector{std::byte{9}, std::byte{2}, std::byte{1}, std::byte{0xFF},
                                std::byte{0xFF}}));
}

}  // namespace
}  // namespace orpheus::audio
