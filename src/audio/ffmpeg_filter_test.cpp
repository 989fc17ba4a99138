#include <algorithm>

#include <gtest/gtest.h>

#include "audio/filter.h"
#include "audio/testing/tone.h"

namespace orpheus::audio {
namespace {

constexpr int kRateHz = 24000;

std::vector<float> filter(const FilterOptions& options, std::span<const float> samples,
                          size_t num_per_push = 2048) {
  auto filter = open_filter(options);
  EXPECT_TRUE(filter.has_value()) << filter.error().message();
  std::vector<float> filtered;
  for (size_t start = 0; start < samples.size(); start += num_per_push) {
    const size_t count = std::min(num_per_push, samples.size() - start);
    EXPECT_TRUE((*filter)->push(samples.subspan(start, count), filtered).has_value());
  }
  EXPECT_TRUE((*filter)->finish(filtered).has_value());
  return filtered;
}

TEST(Tempo, ChangesTheDurationAndKeepsThePitch) {
  constexpr size_t kNumSamples = size_t{4} * kRateHz;
  for (const double frequency_hz : {120.0, 440.0, 2000.0}) {
    const auto samples = tone(frequency_hz, kRateHz, kNumSamples);
    for (const double speed : {0.25, 0.5, 0.8, 1.5, 2.0, 4.0}) {
      const auto filtered = filter({.speed = speed}, samples);
      const auto length = static_cast<double>(filtered.size());
      EXPECT_NEAR(length, kNumSamples / speed, 0.03 * kNumSamples / speed)
          << frequency_hz << " Hz at " << speed;
      EXPECT_NEAR(pitch_hz(middle(filtered), frequency_hz, kRateHz), frequency_hz,
                  0.01 * frequency_hz)
          << "at " << speed;
      EXPECT_GT(strength(middle(filtered), frequency_hz, kRateHz), 0.4)
          << frequency_hz << " Hz at " << speed;
    }
  }
}

TEST(Tempo, IsTheSameHoweverTheSamplesCome) {
  const auto samples = tone(300, kRateHz, kRateHz);
  const auto whole = filter({.speed = 1.3}, samples, samples.size());
  EXPECT_EQ(filter({.speed = 1.3}, samples, 1000), whole);
  EXPECT_EQ(filter({.speed = 1.3}, samples, 77), whole);
}

TEST(Resampling, KeepsThePitchAndTheDuration) {
  const auto samples = tone(1000, kRateHz, size_t{2} * kRateHz);
  for (const int rate_hz : {8000, 16000, 22050, 44100, 48000}) {
    const auto filtered = filter({.output_rate_hz = rate_hz}, samples);
    EXPECT_NEAR(static_cast<double>(filtered.size()), 2.0 * rate_hz, 0.01 * rate_hz) << rate_hz;
    EXPECT_NEAR(pitch_hz(middle(filtered), 1000, rate_hz), 1000, 5) << rate_hz;
    EXPECT_NEAR(strength(middle(filtered), 1000, rate_hz), 0.5, 0.01) << rate_hz;
  }
}

// Guards against: the filter drops the end of the sound (once 21 ms). The input is a tone to its
// last sample, so the last 10 ms of the output are a tone and the length is right to 5 ms; at
// another tempo to 20 ms, because atempo itself drops up to 17 ms.
TEST(Filter, TheEndIsThere) {
  const auto samples = tone(1000, kRateHz, size_t{2} * kRateHz);
  for (const auto& [rate_hz, speed] :
       {std::pair(8000, 1.0), std::pair(16000, 1.0), std::pair(44100, 1.0), std::pair(48000, 1.0),
        std::pair(24000, 0.5), std::pair(24000, 0.8), std::pair(24000, 1.5),
        std::pair(48000, 2.0)}) {
    const auto filtered = filter({.output_rate_hz = rate_hz, .speed = speed}, samples);
    const double expected = 2.0 * rate_hz / speed;
    EXPECT_NEAR(static_cast<double>(filtered.size()), expected,
                (speed == 1.0 ? 0.005 : 0.02) * rate_hz)
        << rate_hz << " Hz at " << speed;
    const auto end = std::span(filtered).last(static_cast<size_t>(rate_hz / 100));
    const float loudest = *std::max_element(end.begin(), end.end());
    EXPECT_GT(loudest, 0.3F) << rate_hz << " Hz at " << speed;
  }
}

TEST(Resampling, LeavesOutWhatTheLowerRateCannotCarry) {
  const auto samples = tone(7000, kRateHz, kRateHz);
  const auto filtered = filter({.output_rate_hz = 8000}, samples);
  EXPECT_LT(strength(middle(filtered), 1000, 8000), 0.01);  // where it would fold to
}

}  // namespace
}  // namespace orpheus::audio
