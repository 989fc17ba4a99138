// What players make of the bytes: FFmpeg's decoders read them back.

#include <gtest/gtest.h>

#include "audio/encoder.h"
#include "audio/pcm.h"
#include "audio/testing/decode.h"
#include "audio/testing/tone.h"

namespace orpheus::audio {
namespace {

constexpr int kRateHz = 24000;
constexpr double kToneHz = 440;
constexpr size_t kFrameSamples = 2048;  // of the codec: what a push brings

const char* container_of(Format format) {
  switch (format) {
    case Format::kMp3: return "mp3";
    case Format::kOpus: return "ogg";
    case Format::kAac: return "aac";
    case Format::kFlac: return "flac";
    case Format::kWav: return "wav";
    case Format::kPcm: return "s16le";
  }
  return "";
}

// What each push made, and what the end did.
std::vector<std::vector<std::byte>> pieces_of(const EncoderOptions& options, size_t num_samples,
                                              size_t num_per_push = kFrameSamples) {
  const auto samples = tone(kToneHz, options.input_rate_hz, num_samples);
  auto encoder = open_encoder(options);
  EXPECT_TRUE(encoder.has_value()) << encoder.error().message();
  std::vector<std::vector<std::byte>> pieces;
  for (size_t start = 0; start < samples.size(); start += num_per_push) {
    const size_t count = std::min(num_per_push, samples.size() - start);
    EXPECT_TRUE((*encoder)
                    ->push(std::span(samples).subspan(start, count), pieces.emplace_back())
                    .has_value());
  }
  EXPECT_TRUE((*encoder)->finish(pieces.emplace_back()).has_value());
  return pieces;
}

std::vector<std::byte> joined(const std::vector<std::vector<std::byte>>& pieces) {
  std::vector<std::byte> bytes;
  for (const auto& piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
  return bytes;
}

// mp3 and aac begin with what their encoders need to settle and end with a whole frame; the others
// say in the stream what to leave out. At 24 kHz; docs/server.md tells them.
struct Extra {
  size_t least;
  size_t most;
};
Extra extra_of(Format format) {
  switch (format) {
    case Format::kMp3: return {1105, 1105 + 2 * 576};
    case Format::kAac: return {1024, 1024 + 2 * 1024};
    default: return {0, 0};
  }
}

class EveryFormat : public testing::TestWithParam<Format> {};

TEST_P(EveryFormat, DecodesToEverySampleAndTheTone) {
  const Format format = GetParam();
  constexpr size_t kNumSamples = 24 * kFrameSamples;
  const Decoded decoded =
      decode(joined(pieces_of({.format = format}, kNumSamples)), container_of(format));
  const int rate_hz = format == Format::kOpus ? 48000 : kRateHz;  // opus always decodes to 48 kHz
  if (format == Format::kPcm) {
    EXPECT_EQ(decoded.samples.size(), kNumSamples);  // raw bytes do not say their rate
    return;
  }
  ASSERT_EQ(decoded.sample_rate_hz, rate_hz);
  EXPECT_EQ(decoded.channels, 1);
  const size_t expected = kNumSamples * static_cast<size_t>(rate_hz) / kRateHz;
  EXPECT_GE(decoded.samples.size(), expected + extra_of(format).least);
  EXPECT_LE(decoded.samples.size(), expected + extra_of(format).most);
  EXPECT_NEAR(strength(middle(decoded.samples), kToneHz, rate_hz), 0.5,
              0.03);  // LAME makes it 5 % softer
}

TEST_P(EveryFormat, ArrivesWhileItIsMade) {
  const auto pieces = pieces_of({.format = GetParam()}, 36 * kFrameSamples);
  size_t num_empty = 0;
  size_t longest_silence = 0;
  for (const auto& piece : pieces) {
    num_empty = piece.empty() ? num_empty + 1 : 0;
    longest_silence = std::max(longest_silence, num_empty);
  }
  EXPECT_LE(longest_silence, 1U);
  EXPECT_FALSE(pieces.front().empty() && pieces[1].empty());
}

TEST_P(EveryFormat, CutAnywhereItDecodesToWhatWasWhole) {
  const Format format = GetParam();
  const auto bytes = joined(pieces_of({.format = format}, 3 * kRateHz));
  for (size_t percent = 34; percent < 100; percent += 3) {
    const auto cut = std::span(bytes).first(bytes.size() * percent / 100);
    const Decoded decoded = decode(cut, container_of(format));
    const double rate_hz = format == Format::kOpus ? 48000 : kRateHz;
    const double seconds = static_cast<double>(decoded.samples.size()) / rate_hz;
    EXPECT_GT(seconds, 3.0 * static_cast<double>(percent) / 100 - 0.25) << percent << " %";
  }
}

TEST_P(EveryFormat, IsTheSameHoweverTheSamplesCome) {
  const EncoderOptions options{.format = GetParam()};
  const auto bytes = joined(pieces_of(options, kRateHz));
  EXPECT_EQ(joined(pieces_of(options, kRateHz, 777)), bytes);
  EXPECT_EQ(joined(pieces_of(options, kRateHz, kRateHz)), bytes);
}

TEST_P(EveryFormat, KnowsEverySampleRate) {
  const Format format = GetParam();
  for (const int rate_hz : sample_rates_hz()) {
    const auto bytes =
        joined(pieces_of({.format = format, .output_rate_hz = rate_hz}, 2 * kRateHz));
    const Decoded decoded = decode(bytes, container_of(format));
    if (format == Format::kPcm) {
      EXPECT_NEAR(static_cast<double>(decoded.samples.size()), 2.0 * rate_hz, 0.02 * rate_hz);
      continue;
    }
    const int expected_hz = format == Format::kOpus ? 48000 : rate_hz;
    EXPECT_EQ(decoded.sample_rate_hz, expected_hz) << rate_hz;
    EXPECT_NEAR(strength(middle(decoded.samples), kToneHz, expected_hz), 0.5, 0.05) << rate_hz;
  }
}

TEST_P(EveryFormat, SpeaksFasterAndSlowerAtTheSamePitch) {
  const Format format = GetParam();
  if (format == Format::kPcm) GTEST_SKIP() << "as wav, without its header";
  for (const double speed : {0.5, 2.0}) {
    const Decoded decoded = decode(
        joined(pieces_of({.format = format, .speed = speed}, 8 * kRateHz)), container_of(format));
    const double seconds =
        static_cast<double>(decoded.samples.size()) / std::max(1, decoded.sample_rate_hz);
    EXPECT_NEAR(seconds, 8 / speed, 0.03 * 8 / speed) << speed;
    EXPECT_NEAR(pitch_hz(middle(decoded.samples), kToneHz, decoded.sample_rate_hz), kToneHz,
                0.01 * kToneHz)
        << speed;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryFormat,
                         testing::Values(Format::kMp3, Format::kOpus, Format::kAac, Format::kFlac,
                                         Format::kWav, Format::kPcm),
                         [](const auto& named) { return std::string(name_of(named.param)); });

TEST(Flac, IsThePcmToTheBit) {
  const auto flac = decode(joined(pieces_of({.format = Format::kFlac}, kRateHz)), "flac");
  const auto samples = tone(kToneHz, kRateHz, kRateHz);
  ASSERT_EQ(flac.samples.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ(to_int16(flac.samples[i]), to_int16(samples[i])) << i;
  }
}

}  // namespace
}  // namespace orpheus::audio
