// What players make of the bytes: FFmpeg's decoders read them back.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

extern "C" {
#include <libavutil/md5.h>
}

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
    case Format::kUlaw: return "mulaw";
    case Format::kAlaw: return "alaw";
  }
  return "";
}

// Raw bytes do not say their rate.
bool is_raw(Format format) { return format == Format::kPcm || is_g711(format); }

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
  if (is_raw(format)) {
    EXPECT_EQ(decoded.samples.size(), is_g711(format) ? kNumSamples / 3 : kNumSamples);
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
  const auto bytes = joined(pieces_of({.format = format}, size_t{3} * kRateHz));
  for (size_t percent = 34; percent < 100; percent += 3) {
    const auto cut = std::span(bytes).first(bytes.size() * percent / 100);
    const Decoded decoded = decode(cut, container_of(format));
    const double rate_hz = format == Format::kOpus ? 48000 : is_g711(format) ? 8000 : kRateHz;
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
        joined(pieces_of({.format = format, .output_rate_hz = rate_hz}, size_t{2} * kRateHz));
    const Decoded decoded = decode(bytes, container_of(format));
    if (is_raw(format)) {
      EXPECT_EQ(decoded.samples.size(), size_t{2} * static_cast<size_t>(rate_hz));
      continue;
    }
    const int expected_hz = format == Format::kOpus ? 48000 : rate_hz;
    EXPECT_EQ(decoded.sample_rate_hz, expected_hz) << rate_hz;
    EXPECT_NEAR(strength(middle(decoded.samples), kToneHz, expected_hz), 0.5, 0.05) << rate_hz;
  }
}

TEST_P(EveryFormat, SpeaksFasterAndSlowerAtTheSamePitch) {
  const Format format = GetParam();
  if (is_raw(format)) GTEST_SKIP() << "as wav, without its header";
  for (const double speed : {0.5, 2.0}) {
    const Decoded decoded =
        decode(joined(pieces_of({.format = format, .speed = speed}, size_t{8} * kRateHz)),
               container_of(format));
    const double seconds =
        static_cast<double>(decoded.samples.size()) / std::max(1, decoded.sample_rate_hz);
    EXPECT_NEAR(seconds, 8 / speed, 0.03 * 8 / speed) << speed;
    EXPECT_NEAR(pitch_hz(middle(decoded.samples), kToneHz, decoded.sample_rate_hz), kToneHz,
                0.01 * kToneHz)
        << speed;
  }
}

// A file as the command line, "stream": false and /speak make it.
std::vector<std::byte> file_of(Format format, std::span<const float> samples) {
  auto encoder = open_encoder({.format = format, .output = Output::kFile});
  EXPECT_TRUE(encoder.has_value());
  std::vector<std::byte> bytes;
  for (size_t start = 0; start < samples.size(); start += kFrameSamples)
    EXPECT_TRUE((*encoder)->push(
        samples.subspan(start, std::min(kFrameSamples, samples.size() - start)), bytes));
  EXPECT_TRUE((*encoder)->finish(bytes).has_value());
  for (const Patch& patch : (*encoder)->patches()) {
    EXPECT_LE(patch.offset + patch.bytes.size(), bytes.size());
    std::copy(patch.bytes.begin(), patch.bytes.end(),
              bytes.begin() + static_cast<ptrdiff_t>(patch.offset));
  }
  return bytes;
}

// Guards against: a player cannot show the length of the file, or the file contains the encoder's
// padding although its format can exclude it.
TEST_P(EveryFormat, AFileIsWhole) {
  const Format format = GetParam();
  constexpr size_t kNumSamples = 24 * kFrameSamples + 777;
  const auto bytes = file_of(format, tone(kToneHz, kRateHz, kNumSamples));
  const Decoded decoded = decode(bytes, container_of(format));
  const size_t expected = format == Format::kOpus ? 2 * kNumSamples
                          : is_g711(format)       ? (kNumSamples + 1) / 3
                                                  : kNumSamples;
  // The end of an mp3 FFmpeg leaves out only where it can seek, which decode() cannot.
  const size_t extra = format == Format::kAac   ? extra_of(format).most
                       : format == Format::kMp3 ? 2 * 576
                                                : 0;
  EXPECT_GE(decoded.samples.size(), expected);
  EXPECT_LE(decoded.samples.size(), expected + extra);
  if (is_raw(format)) return;
  EXPECT_NEAR(strength(middle(decoded.samples), kToneHz, decoded.sample_rate_hz), 0.5, 0.03);
}

INSTANTIATE_TEST_SUITE_P(All, EveryFormat,
                         testing::Values(Format::kMp3, Format::kOpus, Format::kAac, Format::kFlac,
                                         Format::kWav, Format::kPcm, Format::kUlaw, Format::kAlaw),
                         [](const auto& named) { return std::string(name_of(named.param)); });

// Guards against: another law, or the wrong byte order of the samples that it takes. Known points
// of G.711: silence, full scale, and a level whose eight bits are in the recommendation's tables.
TEST(G711, HasTheBytesOfTheRecommendation) {
  const auto bytes_of = [](Format format, float sample) {
    auto encoder = open_encoder({.format = format, .input_rate_hz = 8000});
    EXPECT_TRUE(encoder.has_value());
    std::vector<std::byte> bytes;
    EXPECT_TRUE((*encoder)->push(std::vector<float>(160, sample), bytes).has_value());
    EXPECT_TRUE((*encoder)->finish(bytes).has_value());
    EXPECT_EQ(bytes.size(), 160U);
    return std::to_integer<int>(bytes.at(80));
  };
  EXPECT_EQ(bytes_of(Format::kUlaw, 0), 0xFF);
  EXPECT_EQ(bytes_of(Format::kUlaw, 1), 0x80);
  EXPECT_EQ(bytes_of(Format::kUlaw, -1), 0x00);
  EXPECT_EQ(bytes_of(Format::kAlaw, 0), 0xD5);
  EXPECT_EQ(bytes_of(Format::kAlaw, 1), 0xAA);
  EXPECT_EQ(bytes_of(Format::kAlaw, -1), 0x2A);
}

// Guards against: a block that is longer than the codec's frame delays its sound by a frame, and
// one that is shorter leaves a part of it behind.
TEST(Flac, ABlockIsAFrameOfTheCodec) {
  const auto bytes = file_of(Format::kFlac, tone(kToneHz, kRateHz, size_t{2} * kRateHz));
  for (const size_t at : {8U, 10U}) {  // the least and the largest block
    const auto high = std::to_integer<size_t>(bytes.at(at));
    EXPECT_EQ(high << 8U | std::to_integer<size_t>(bytes.at(at + 1)), kFrameSamples);
  }
}

// The 36 bits of the number of samples and the MD5 of them, in FLAC's first block (RFC 9639, 8.2).
TEST(Flac, AFileHasItsLengthAndItsChecksum) {
  const auto samples = tone(kToneHz, kRateHz, 2 * kRateHz + 5);
  const auto bytes = file_of(Format::kFlac, samples);
  uint64_t num_samples = std::to_integer<uint64_t>(bytes.at(21)) & 0xFU;
  for (size_t i = 22; i < 26; ++i)
    num_samples = num_samples << 8U | std::to_integer<uint64_t>(bytes[i]);
  EXPECT_EQ(num_samples, samples.size());
  std::vector<std::byte> pcm;
  append_int16_bytes(samples, pcm);
  std::array<uint8_t, 16> sum{};
  av_md5_sum(sum.data(), reinterpret_cast<const uint8_t*>(pcm.data()), pcm.size());
  EXPECT_EQ(std::memcmp(sum.data(), bytes.data() + 26, sum.size()), 0);
}

// The first frame of a file tells how many follow, and how many samples of them an encoder that
// settles has put before and behind.
TEST(Mp3, AFileHasItsLengthAndAStreamHasNoneToShow) {
  const auto samples = tone(kToneHz, kRateHz, kRateHz + 1);
  const auto start_of = [](const std::vector<std::byte>& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), 200);
  };
  const std::string start = start_of(file_of(Format::kMp3, samples));
  const size_t info = start.find("Info");
  ASSERT_LT(info, 40U);
  const auto number_at = [&](size_t offset, size_t num_bytes) {
    size_t number = 0;
    for (const char byte : start.substr(info + offset, num_bytes))
      number = number << 8U | static_cast<uint8_t>(byte);
    return number;
  };
  const size_t num_frames = number_at(8, 4);
  const size_t before_and_behind = number_at(141, 3);
  EXPECT_EQ(num_frames * 576 - (before_and_behind >> 12U) - (before_and_behind & 0xFFFU),
            samples.size());
  const auto stream = joined(pieces_of({.format = Format::kMp3}, kRateHz));
  EXPECT_EQ(start_of(stream).find("Info"), std::string::npos);
}

// Guards against: the bit rates in docs/server.md are wrong. libopus once used half as much again.
TEST(BitRate, IsWhatTheDocumentTells) {
  std::vector<float> samples =
      tone(180, kRateHz, size_t{10} * kRateHz);  // voiced, with noise, and pauses
  uint32_t state = 1;
  for (size_t i = 0; i < samples.size(); ++i) {
    state = state * 1664525U + 1013904223U;
    const double noise = static_cast<double>(state >> 8U) / (1U << 24U) - 0.5;
    const double loudness = std::pow(std::sin(static_cast<double>(i) / kRateHz * 9), 2);
    samples[i] = static_cast<float>((samples[i] + 0.3 * noise) * loudness);
  }
  struct Told {
    Format format;
    double kbit_per_s;
    double tolerance;
  };
  for (const Told& told :
       {Told{Format::kMp3, 96, 0.01}, Told{Format::kOpus, 64, 0.1}, Told{Format::kAac, 96, 0.1}}) {
    const double bits = 8 * static_cast<double>(file_of(told.format, samples).size());
    EXPECT_NEAR(bits / 10 / 1000, told.kbit_per_s, told.tolerance * told.kbit_per_s)
        << name_of(told.format);
  }
}

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
