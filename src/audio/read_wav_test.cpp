#include "audio/read_wav.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include <gtest/gtest.h>

#include "audio/pcm.h"
#include "audio/wav.h"

namespace orpheus::audio {
namespace {

using ByteVector = std::vector<std::byte>;

void put(ByteVector& bytes, std::string_view letters) {
  for (const char letter : letters) bytes.push_back(static_cast<std::byte>(letter));
}

void put(ByteVector& bytes, uint64_t value, int num_bytes) {
  for (int i = 0; i < num_bytes; ++i, value >>= 8U)
    bytes.push_back(static_cast<std::byte>(value & 0xFFU));
}

struct Kind {
  uint64_t tag = 1;
  uint64_t channels = 1;
  uint64_t rate_hz = 24000;
  uint64_t bits = 16;
  bool extensible = false;
};

ByteVector wav_of(const Kind& kind, const ByteVector& data) {
  ByteVector bytes;
  put(bytes, "RIFF");
  put(bytes, 0xFFFFFFFF, 4);  // nobody needs it
  put(bytes, "WAVELIST");
  put(bytes, 3, 4);
  put(bytes, "odd_");  // three bytes and one that fills up
  put(bytes, "fmt ");
  put(bytes, kind.extensible ? 40 : 16, 4);
  put(bytes, kind.extensible ? 0xFFFE : kind.tag, 2);
  put(bytes, kind.channels, 2);
  put(bytes, kind.rate_hz, 4);
  put(bytes, kind.rate_hz * kind.channels * kind.bits / 8, 4);
  put(bytes, kind.channels * kind.bits / 8, 2);
  put(bytes, kind.bits, 2);
  if (kind.extensible) {
    put(bytes, 22, 2);
    put(bytes, kind.bits, 2);
    put(bytes, 0, 4);
    put(bytes, kind.tag, 2);
    bytes.resize(bytes.size() + 14);
  }
  put(bytes, "data");
  put(bytes, data.size(), 4);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::vector<float> samples_of(const Kind& kind, const ByteVector& data) {
  const auto sound = read_wav(wav_of(kind, data), "test");
  EXPECT_TRUE(sound.has_value()) << sound.error().message();
  if (!sound) return {};
  EXPECT_EQ(sound->sample_rate_hz, static_cast<int>(kind.rate_hz));
  return sound->samples;
}

// Guards against: samples of a small file fill all memory, or an hour of sound is refused.
TEST(ReadWav, MoreThanAnHourIsRefused) {
  const Kind kind{.rate_hz = 1000, .bits = 8};
  ByteVector data(static_cast<size_t>(kMostSeconds) * 1000, std::byte{128});
  EXPECT_EQ(samples_of(kind, data).size(), data.size());
  data.push_back(std::byte{128});
  const auto sound = read_wav(wav_of(kind, data), "test");
  ASSERT_FALSE(sound.has_value());
  EXPECT_EQ(sound.error().kind, ErrorKind::kLimit);
  EXPECT_NE(sound.error().message().find("test: the sound is too long"), std::string::npos);
}

TEST(ReadWav, GivesBackWhatTheProgramWrites) {
  const std::vector<float> samples = {0.0F, 0.5F, -0.25F, 1.0F, -1.0F};
  for (const auto& length : {std::optional<int64_t>(5), std::optional<int64_t>()}) {
    ByteVector bytes;
    for (const std::byte byte : wav_header(24000, length)) bytes.push_back(byte);
    append_int16_bytes(samples, bytes);
    const auto sound = read_wav(bytes, "test");
    ASSERT_TRUE(sound.has_value()) << sound.error().message();
    EXPECT_EQ(sound->sample_rate_hz, 24000);
    ASSERT_EQ(sound->samples.size(), samples.size());
    for (size_t i = 0; i < samples.size(); ++i) EXPECT_NEAR(sound->samples[i], samples[i], 1e-4);
  }
}

TEST(ReadWav, KnowsEveryWidth) {
  for (const bool extensible : {false, true}) {
    for (const int bits : {16, 24, 32}) {
      ByteVector data;
      const uint64_t half = uint64_t{1} << (bits - 2);
      put(data, half, bits / 8);
      put(data, ~half + 1, bits / 8);
      EXPECT_EQ(samples_of({.bits = static_cast<uint64_t>(bits), .extensible = extensible}, data),
                (std::vector<float>{0.5F, -0.5F}))
          << bits;
    }
    ByteVector eight;
    put(eight, 192, 1);
    put(eight, 64, 1);
    EXPECT_EQ(samples_of({.bits = 8, .extensible = extensible}, eight),
              (std::vector<float>{0.5F, -0.5F}));
    ByteVector floats(8);
    const std::vector<float> values = {0.1F, -3.0F};
    std::memcpy(floats.data(), values.data(), 8);
    EXPECT_EQ(samples_of({.tag = 3, .bits = 32, .extensible = extensible}, floats), values);
    ByteVector doubles(16);
    const double pair[] = {0.25, -0.75};
    std::memcpy(doubles.data(), pair, 16);
    EXPECT_EQ(samples_of({.tag = 3, .bits = 64, .extensible = extensible}, doubles),
              (std::vector<float>{0.25F, -0.75F}));
  }
}

TEST(ReadWav, ChannelsBecomeTheirMeanAndWhatIsNoNumberSilence) {
  ByteVector data;
  for (const int value : {16384, 0, -16384, -16384}) put(data, static_cast<uint64_t>(value), 2);
  EXPECT_EQ(samples_of({.channels = 2, .rate_hz = 44100}, data),
            (std::vector<float>{0.25F, -0.5F}));
  ByteVector broken(8);
  const float values[] = {std::numeric_limits<float>::infinity(), std::nanf("")};
  std::memcpy(broken.data(), values, 8);
  EXPECT_EQ(samples_of({.tag = 3, .bits = 32}, broken), (std::vector<float>{0.0F, 0.0F}));
}

TEST(ReadWav, ACutFileGivesWhatIsThereOrAnError) {
  ByteVector data;
  for (int i = 0; i < 20; ++i) put(data, 100, 2);
  const ByteVector whole = wav_of({}, data);
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto sound = read_wav(std::span(whole).first(length), "cut");
    const size_t header = whole.size() - data.size();
    if (length < header) {
      ASSERT_FALSE(sound.has_value()) << length;
      EXPECT_EQ(sound.error().kind, ErrorKind::kBadFile);
      EXPECT_EQ(sound.error().what.rfind("cut: ", 0), 0U);
    } else {
      ASSERT_TRUE(sound.has_value()) << length;
      EXPECT_EQ(sound->samples.size(), (length - header) / 2);
    }
  }
}

TEST(ReadWav, WhatMakesNoSenseIsRefused) {
  const ByteVector data(64);
  const auto kind_of = [&](const Kind& kind) { return read_wav(wav_of(kind, data), "x"); };
  EXPECT_EQ(kind_of({.channels = 0}).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(kind_of({.channels = 65}).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(kind_of({.rate_hz = 0}).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(kind_of({.rate_hz = 0xFFFFFFFF}).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(kind_of({.bits = 12}).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of({.tag = 2, .bits = 4}).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of({.tag = 3, .bits = 16}).error().kind, ErrorKind::kUnsupported);
}

TEST(ReadSound, NoSoundIsAnError) {
  EXPECT_EQ(read_sound(wav_of({}, {}), "x").error().kind, ErrorKind::kBadFile);
  EXPECT_FALSE(read_sound({}, "x").has_value());
  ByteVector text;
  put(text, "This is a text and no sound, whatever its name says.");
  EXPECT_FALSE(read_sound(text, "x").has_value());
}

TEST(ReadSound, TheRateThatIsThereNeedsNoFilter) {
  ByteVector data;
  for (int i = 0; i < 4; ++i) put(data, 8192, 2);
  const auto samples = read_samples(wav_of({}, data), "x", 24000);
  ASSERT_TRUE(samples.has_value()) << samples.error().message();
  EXPECT_EQ(*samples, std::vector<float>(4, 0.25F));
}

}  // namespace
}  // namespace orpheus::audio
