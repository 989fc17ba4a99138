#include "audio/pcm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

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

// What to_int16 says that it does, said plainly.
int16_t plainly(float sample) {
  if (std::isnan(sample)) return 0;
  return static_cast<int16_t>(std::lrintf(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
}

TEST(Pcm, AnyFloatBecomesWhatThePlainDefinitionMakesOfIt) {
  std::vector<float> samples;
  std::mt19937 random(1);
  const auto mantissa_at_random = [&] { return static_cast<uint32_t>(random()) & 0x7FFFFFU; };
  for (uint32_t exponent = 0; exponent < 256; ++exponent) {  // from denormal numbers to NaNs
    for (const uint32_t mantissa : {0U, 1U, 0x400000U, 0x7FFFFFU}) {
      samples.push_back(std::bit_cast<float>(exponent << 23U | mantissa));
    }
    for (int i = 0; i < 256; ++i) {
      samples.push_back(std::bit_cast<float>(exponent << 23U | mantissa_at_random()));
    }
  }
  for (int step = 0; step < 32767; ++step) {  // every integer, every half, and their neighbours
    for (const float value : {static_cast<float>(step), static_cast<float>(step) + 0.5F}) {
      const float near = value / 32767;
      for (const float sample : {std::nextafter(near, -2.0F), near, std::nextafter(near, 2.0F)})
        samples.push_back(sample);
    }
  }
  std::vector<float> both = samples;
  for (const float sample : samples) both.push_back(-sample);
  std::vector<std::byte> bytes;
  append_int16_bytes(both, bytes);
  ASSERT_EQ(bytes.size(), 2 * both.size());
  for (size_t i = 0; i < both.size(); ++i) {
    const auto low = std::to_integer<uint16_t>(bytes[2 * i]);
    const auto high = std::to_integer<uint16_t>(bytes[2 * i + 1]);
    ASSERT_EQ(static_cast<int16_t>(high << 8U | low), plainly(both[i])) << both[i] << " at " << i;
  }
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
