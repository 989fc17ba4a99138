#include "speech/tempo.h"

#include <cmath>

#include <gtest/gtest.h>

#include "speech/synthesiser.h"

namespace orpheus::speech {
namespace {

std::vector<float> tone(size_t count) {
  std::vector<float> samples(count);
  for (size_t i = 0; i < count; ++i) samples[i] = 0.5F * std::sin(0.0523F * static_cast<float>(i));
  return samples;
}

std::vector<float> stretched(const std::vector<float>& samples, double rate, size_t chunk) {
  Tempo tempo(rate);
  std::vector<float> out;
  for (size_t at = 0; at < samples.size(); at += chunk)
    tempo.push(std::span(samples).subspan(at, std::min(chunk, samples.size() - at)), out);
  tempo.finish(out);
  return out;
}

size_t crossings(const std::vector<float>& samples) {
  size_t count = 0;
  for (size_t i = 1; i < samples.size(); ++i)
    if ((samples[i - 1] < 0) != (samples[i] < 0)) ++count;
  return count;
}

TEST(Tempo, ChangesTheLengthAndNotThePitch) {
  const auto samples = tone(48000);
  for (const double rate : {0.5, 0.8, 1.25, 2.0}) {
    const auto out = stretched(samples, rate, 2048);
    EXPECT_EQ(out.size(), static_cast<size_t>(std::llround(48000 / rate)));
    const double pitch = static_cast<double>(crossings(out)) / static_cast<double>(out.size());
    const double wanted = static_cast<double>(crossings(samples)) / 48000;
    EXPECT_NEAR(pitch / wanted, 1.0, 0.03) << rate;
  }
}

TEST(Tempo, AnyChunksGiveTheSame) {
  const auto samples = tone(20000);
  for (const double rate : {0.7, 1.5}) {
    const auto whole = stretched(samples, rate, samples.size());
    for (const size_t chunk : {1U, 7U, 500U, 2048U})
      EXPECT_EQ(stretched(samples, rate, chunk), whole);
  }
}

TEST(Tempo, TakesShortPieces) {
  for (const size_t count : {0U, 1U, 100U, 800U})
    EXPECT_EQ(stretched(tone(count), 0.5, 64).size(), count * 2);
}

}  // namespace
}  // namespace orpheus::speech
