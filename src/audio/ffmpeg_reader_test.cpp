// Files of sound as others pack them: what the encoders made is read back at the codec's rate.

#include <gtest/gtest.h>

#include "audio/encoder.h"
#include "audio/read_sound.h"
#include "audio/testing/tone.h"

namespace orpheus::audio {
namespace {

constexpr double kToneHz = 440;
constexpr int kRateHz = 24000;

std::vector<std::byte> encoded(Format format, int rate_hz, double seconds) {
  const auto samples =
      tone(kToneHz, rate_hz, static_cast<size_t>(seconds * static_cast<double>(rate_hz)));
  std::vector<std::byte> bytes;
  auto encoder =
      open_encoder({.format = format, .input_rate_hz = rate_hz, .output_rate_hz = rate_hz});
  EXPECT_TRUE(encoder.has_value()) << encoder.error().message();
  EXPECT_TRUE((*encoder)->push(samples, bytes).has_value());
  EXPECT_TRUE((*encoder)->finish(bytes).has_value());
  return bytes;
}

TEST(FfmpegReader, EveryFormatAtEveryRateGivesTheToneBack) {
  for (const Format format :
       {Format::kWav, Format::kFlac, Format::kMp3, Format::kOpus, Format::kAac}) {
    for (const int rate : {16000, 24000, 44100, 48000}) {
      if (format == Format::kOpus && rate == 44100) continue;
      const auto samples = read_samples(encoded(format, rate, 1.5), "tone", kRateHz);
      ASSERT_TRUE(samples.has_value()) << samples.error().message();
      SCOPED_TRACE(std::string(name_of(format)) + " at " + std::to_string(rate));
      // mp3 and aac bring up to a tenth of a second of their own.
      EXPECT_NEAR(static_cast<double>(samples->size()), 1.5 * kRateHz, 0.11 * kRateHz);
      const auto heard = middle(*samples);
      EXPECT_NEAR(pitch_hz(heard, kToneHz, kRateHz), kToneHz, 1);
      EXPECT_NEAR(strength(heard, kToneHz, kRateHz), 0.5, 0.05);
    }
  }
}

TEST(FfmpegReader, ResamplingKeepsTheLengthAndTheShape) {
  const auto samples = read_samples(encoded(Format::kWav, 48000, 1.0), "tone", kRateHz);
  ASSERT_TRUE(samples.has_value());
  EXPECT_NEAR(static_cast<double>(samples->size()), kRateHz, 2);
  const auto expected = tone(kToneHz, kRateHz, samples->size());
  for (size_t i = 1000; i + 1000 < samples->size(); ++i)
    ASSERT_NEAR((*samples)[i], expected[i], 2e-3) << i;
}

TEST(FfmpegReader, AnyCutGivesASoundOrAnError) {
  for (const Format format : {Format::kFlac, Format::kMp3, Format::kOpus}) {
    const auto whole = encoded(format, kRateHz, 0.5);
    for (size_t length = 0; length < whole.size(); length += 97) {
      const auto sound = read_sound(std::span(whole).first(length), "cut");
      if (sound) {
        EXPECT_FALSE(sound->samples.empty());
      } else {
        EXPECT_EQ(sound.error().what.rfind("cut: ", 0), 0U) << sound.error().message();
      }
    }
  }
}

}  // namespace
}  // namespace orpheus::audio
