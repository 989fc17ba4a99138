#include "audio/encoder.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "audio/filter.h"
#include "audio/pcm.h"
#include "audio/testing/tone.h"
#include "audio/wav.h"

namespace orpheus::audio {
namespace {

std::vector<std::byte> encode(const EncoderOptions& options, std::span<const float> samples,
                              size_t num_per_push) {
  auto encoder = open_encoder(options);
  EXPECT_TRUE(encoder.has_value()) << encoder.error().message();
  std::vector<std::byte> bytes;
  for (size_t start = 0; start < samples.size(); start += num_per_push) {
    const size_t count = std::min(num_per_push, samples.size() - start);
    EXPECT_TRUE((*encoder)->push(samples.subspan(start, count), bytes).has_value());
  }
  EXPECT_TRUE((*encoder)->finish(bytes).has_value());
  return bytes;
}

TEST(Encoder, PcmIsTheSamplesAndWavAHeaderBeforeThem) {
  const auto samples = tone(440, 24000, 5000);
  std::vector<std::byte> expected;
  append_int16_bytes(samples, expected);
  EXPECT_EQ(encode({.format = Format::kPcm}, samples, 2048), expected);
  const auto header = wav_header(24000, std::nullopt);
  expected.insert(expected.begin(), header.begin(), header.end());
  EXPECT_EQ(encode({.format = Format::kWav}, samples, 100), expected);
}

// Guards against: the filter drops the samples that it still holds when the sound ends.
TEST(Encoder, ASpeedOrARateLosesNothingOfTheEnd) {
  if (!can_filter()) GTEST_SKIP() << "this build has no filters";
  const auto samples = tone(440, 24000, 24000);
  for (const auto& [rate_hz, speed] :
       {std::pair(24000, 0.5), std::pair(24000, 1.25), std::pair(24000, 3.0), std::pair(8000, 1.0),
        std::pair(44100, 1.0), std::pair(48000, 0.75)}) {
    const auto filter = open_filter({.output_rate_hz = rate_hz, .speed = speed});
    ASSERT_TRUE(filter.has_value());
    std::vector<float> filtered;
    ASSERT_TRUE((*filter)->push(samples, filtered).has_value());
    const size_t num_before_the_end = filtered.size();
    ASSERT_TRUE((*filter)->finish(filtered).has_value());
    EXPECT_GT(filtered.size(), num_before_the_end);
    std::vector<std::byte> expected;
    append_int16_bytes(filtered, expected);
    EXPECT_EQ(
        encode({.format = Format::kPcm, .output_rate_hz = rate_hz, .speed = speed}, samples, 24000),
        expected)
        << rate_hz << " Hz at " << speed;
  }
}

// Guards against: clients that count samples drift from the sound, because the resampler gives some
// more or fewer.
TEST(Encoder, AtAnyRateTheLengthIsExactToTheSample) {
  if (!can_filter()) GTEST_SKIP() << "this build has no filters";
  for (const int rate_hz : {8000, 8001, 11025, 16000, 22050, 23999, 32000, 44100, 47999, 48000}) {
    for (const size_t num_samples : {1U, 2U, 2048U, 24001U, 30 * 2048U}) {
      for (const size_t num_per_push : {777U, 100'000U}) {
        const auto bytes = encode({.format = Format::kPcm, .output_rate_hz = rate_hz},
                                  tone(440, 24000, num_samples), num_per_push);
        const auto expected =
            static_cast<size_t>(std::llround(static_cast<double>(num_samples) * rate_hz / 24000));
        EXPECT_EQ(bytes.size() / 2, expected)
            << num_samples << " samples to " << rate_hz << " Hz by " << num_per_push;
      }
    }
  }
}

TEST(Encoder, HasTheRateThatItTells) {
  EXPECT_EQ(encoded_rate_hz({}), 24000);
  EXPECT_EQ(encoded_rate_hz({.format = Format::kUlaw}), 8000);
  EXPECT_EQ(encoded_rate_hz({.format = Format::kAlaw, .output_rate_hz = 16000}), 16000);
  EXPECT_EQ(encoded_rate_hz({.output_rate_hz = 12345}), 12345);
  if (can_encode(Format::kOpus)) {
    EXPECT_EQ(encoded_rate_hz({.format = Format::kOpus, .output_rate_hz = 22050}), 24000);
  }
}

TEST(Encoder, EveryFormatTakesSilenceLengthsAndWhatIsNoNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> odd = tone(300, 24000, 4000);
  odd[7] = std::nanf("");
  odd[8] = kInfinity;
  odd[9] = -kInfinity;
  odd[10] = 1e30F;
  for (const Format format : all_formats()) {
    if (!can_encode(format)) continue;
    for (const size_t length : {0, 1, 100, 4000}) {
      encode({.format = format}, std::span(odd).first(length), 1000);
    }
  }
}

TEST(Encoder, RefusesWhatIsOutOfRange) {
  const auto kind_of = [](const EncoderOptions& options) {
    const auto encoder = open_encoder(options);
    EXPECT_FALSE(encoder.has_value());
    return encoder ? ErrorKind::kInternal : encoder.error().kind;
  };
  EXPECT_EQ(kind_of({.speed = 0.2}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.speed = 4.1}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.speed = std::nan("")}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.output_rate_hz = 0}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.output_rate_hz = 7999}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.output_rate_hz = 48001}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.format = Format::kMp3, .output_rate_hz = 12345}), ErrorKind::kUsage);
}

TEST(Encoder, SaysSoWhereTheBuildLacksAFormat) {
  for (const Format format : all_formats()) {
    const auto encoder = open_encoder({.format = format});
    EXPECT_EQ(encoder.has_value(), can_encode(format));
    if (encoder) continue;
    EXPECT_EQ(encoder.error().kind, ErrorKind::kUnsupported);
    EXPECT_FALSE(encoder.error().remedy.empty());
  }
}

}  // namespace
}  // namespace orpheus::audio
