#include "audio/encoder.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

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
  EXPECT_EQ(kind_of({.output_rate_hz = 12345}), ErrorKind::kUsage);
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
