// Compares the codec's encoder with its authors' program.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "snac/encoder.h"
#include "snac/encoder_stream.h"
#include "snac/product.h"
#include "snac_golden.h"

namespace orpheus::snac {
namespace {

std::shared_ptr<const EncoderWeights> golden_weights() {
  const auto file = golden::converted_file();
  auto weights = pack_encoder_weights(*file, *read_config(*file));
  EXPECT_TRUE(weights.has_value()) << weights.error().message();
  return std::make_shared<const EncoderWeights>(std::move(*weights));
}

std::unique_ptr<Encoder> golden_encoder() {
  auto encoder = Encoder::open(golden::converted_codec());
  EXPECT_TRUE(encoder.has_value()) << encoder.error().message();
  return encoder ? std::move(*encoder) : nullptr;
}

// The clip, padded to whole frames.
std::vector<float> golden_clip() {
  auto clip = golden::array<float>("clip.f32");
  clip.resize((clip.size() + 2047) / 2048 * 2048);
  return clip;
}

Rows latents_of(const std::shared_ptr<const EncoderWeights>& weights,
                std::span<const float> samples, size_t portion) {
  EncoderStream stream(weights);
  Rows latents(padded(weights->config.latent_dim));
  while (!samples.empty()) {
    const auto count = std::min(samples.size(), portion);
    stream.push(samples.first(count), count == samples.size(), latents);
    samples = samples.subspan(count);
  }
  return latents;
}

std::vector<float> random_samples(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.3F);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = normal(random);
  return samples;
}

// The largest difference between latents and an array [channels][time].
double distance(const Rows& latents, const std::vector<float>& expected) {
  constexpr size_t kChannels = 64;
  const size_t time = expected.size() / kChannels;
  EXPECT_EQ(latents.size(), static_cast<int>(time));
  double worst = 0;
  for (size_t t = 0; t < time; ++t) {
    const float* row = latents.data() + t * static_cast<size_t>(latents.stride());
    for (size_t c = 0; c < kChannels; ++c)
      worst = std::max(worst, std::abs(double{row[c]} - double{expected[c * time + t]}));
  }
  return worst;
}

// The reference rounds to float32; here its error is 0.99e-4 (latents reach 20.9). So the second
// distance measures our error: it compares with the same network in float64
// (tests/oracle/exact_encoder_latent.py).
TEST(CodecEncoder, LatentsEqualTheReference) {
  const Rows latents = latents_of(golden_weights(), golden_clip(), 2048);
  const double worst = distance(latents, golden::array<float>("encoder_latent.f32"));
  EXPECT_LT(worst, 1e-4);
  const double from_exact = distance(latents, golden::array<float>("encoder_latent_exact.f32"));
  EXPECT_LT(from_exact, 1e-4);
  RecordProperty("difference", std::to_string(worst * 1e6) + "e-6");
  RecordProperty("from_exact", std::to_string(from_exact * 1e6) + "e-6");
}

// All of them; 99 % would be enough if the others were near-ties.
TEST(CodecEncoder, CodesEqualTheReference) {
  const auto frames = golden_encoder()->encode(golden::array<float>("clip.f32"));
  ASSERT_TRUE(frames.has_value()) << frames.error().message();
  const codes::CodeRows rows = codes::rows_of(*frames);
  EXPECT_EQ(rows.c0, golden::array<int32_t>("encoded_0.i32"));
  EXPECT_EQ(rows.c1, golden::array<int32_t>("encoded_1.i32"));
  EXPECT_EQ(rows.c2, golden::array<int32_t>("encoded_2.i32"));
}

TEST(CodecEncoder, LatentsDoNotDependOnThePortions) {
  const auto weights = golden_weights();
  const auto samples = random_samples(size_t{30} * 2048, 1);
  const Rows whole = latents_of(weights, samples, samples.size());
  ASSERT_EQ(whole.size(), 120);
  for (const size_t portion : {size_t{1}, size_t{517}, size_t{2048}, size_t{20000}}) {
    const auto shorter = std::span(samples).first(portion == 1 ? 4096 : samples.size());
    const Rows expected = latents_of(weights, shorter, shorter.size());
    const Rows parts = latents_of(weights, shorter, portion);
    ASSERT_EQ(parts.size(), expected.size());
    const auto count = static_cast<size_t>(parts.size()) * static_cast<size_t>(parts.stride());
    EXPECT_TRUE(std::equal(parts.data(), parts.data() + count, expected.data())) << portion;
  }
}

TEST(CodecEncoder, SilenceFillsTheLastFrameUp) {
  const auto encoder = golden_encoder();
  for (const size_t length : {size_t{1}, size_t{2047}, size_t{2048}, size_t{2049}, size_t{40000}}) {
    auto samples = random_samples(length, 2);
    const auto frames = encoder->encode(samples);
    ASSERT_TRUE(frames.has_value());
    EXPECT_EQ(frames->size(), (length + 2047) / 2048);
    samples.resize(frames->size() * 2048);
    EXPECT_EQ(*encoder->encode(samples), *frames) << length;
  }
}

TEST(CodecEncoder, NoSoundAndWhatIsNoNumberAreRefused) {
  const auto encoder = golden_encoder();
  EXPECT_EQ(encoder->encode({}).error().kind, ErrorKind::kUsage);
  std::vector<float> samples(3000, 0.0F);
  samples[2999] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(encoder->encode(samples).error().kind, ErrorKind::kUsage);
}

TEST(CodecEncoder, EndsWhenItIsToldTo) {
  const auto ended =
      golden_encoder()->encode(random_samples(100000, 3), [](size_t) { return false; });
  EXPECT_EQ(ended.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace orpheus::snac
