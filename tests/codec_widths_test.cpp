// Tests decode-only codecs with other widths than the released one, from a checkpoint to sound,
// against SNAC's definition.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "codec_checks.h"
#include "convert/codec.h"
#include "convert/synthetic_codec.h"
#include "convert/testing/checkpoint_builder.h"
#include "plain_snac.h"
#include "snac/decoder.h"
#include "snac/noise.h"
#include "snac_golden.h"

namespace orpheus::snac {
namespace {

using codes::Frame;
using convert::CodecConfig;

// Two to three times the measured errors of float32 against double precision.
constexpr double kTolerance = 1e-5;

std::string json_of(const CodecConfig& config) {
  const auto list = [](const std::vector<uint32_t>& values) {
    std::string text;
    for (const uint32_t value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
    return "[" + text + "]";
  };
  return R"({"sampling_rate":24000,"encoder_dim":)" + std::to_string(config.encoder_dim) +
         R"(,"encoder_rates":)" + list(config.encoder_rates) + R"(,"decoder_dim":)" +
         std::to_string(config.decoder_dim) + R"(,"decoder_rates":)" + list(config.decoder_rates) +
         R"(,"attn_window_size":null,"codebook_size":)" + std::to_string(config.codebook_size) +
         R"(,"codebook_dim":)" + std::to_string(config.codebook_dim) +
         R"(,"vq_strides":[4,2,1],"noise":)" + (config.noise ? "true" : "false") +
         R"(,"depthwise":true})";
}

// The decoder of such a codec as torch writes it: weights as norms and directions.
void write_checkpoint(const CodecConfig& config, const tensor::GgufFile& weights,
                      const std::filesystem::path& folder) {
  std::vector<float> storage;
  std::vector<std::pair<std::string, convert::BuiltTensor>> tensors;
  const auto add = [&](const std::string& name, const std::vector<uint64_t>& shape,
                       const std::vector<float>& values) {
    convert::BuiltTensor built{.offset = static_cast<int64_t>(storage.size())};
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= built.shape.front()) {
      built.shape.insert(built.shape.begin(), static_cast<int64_t>(shape[i]));
      built.strides.insert(built.strides.begin(), stride);
    }
    tensors.emplace_back(name, built);
    storage.insert(storage.end(), values.begin(), values.end());
  };
  for (const convert::CodecTensor& wanted : codec_tensors(config)) {
    if (wanted.name.starts_with("encoder.") || wanted.name.find("in_proj") != std::string::npos)
      continue;
    const tensor::Shape shape = weights.find_tensor(wanted.name)->shape;
    const auto found = weights.f32_tensor(wanted.name, shape).value();
    std::vector<float> values(found.begin(), found.end());
    if (!is_convolution(wanted.role)) {
      add(wanted.name, wanted.shape, values);
      continue;
    }
    std::vector<float> norms;
    const size_t row = values.size() / wanted.shape[0];
    for (size_t start = 0; start < values.size(); start += row) {
      double square = 0;
      for (size_t i = 0; i < row; ++i) square += std::pow(double{values[start + i]}, 2);
      norms.push_back(static_cast<float>(std::sqrt(square)));
    }
    for (float& value : values) value *= 3;  // a direction of any length
    const std::string parts =
        wanted.name.substr(0, wanted.name.size() - 7) + ".parametrizations.weight.original";
    add(parts + "0", {wanted.shape[0], 1, 1}, norms);
    add(parts + "1", wanted.shape, values);
  }
  std::vector<std::pair<std::string, std::string>> items;
  for (auto& [name, built] : tensors) {
    built.num_elements = static_cast<int64_t>(storage.size());
    items.emplace_back(name, convert::tensor(built));
  }
  std::ofstream(folder / "config.json") << json_of(config);
  std::ofstream(folder / "pytorch_model.bin", std::ios::binary)
      << convert::checkpoint(convert::state_dict(items), convert::raw(storage));
}

struct Widths {
  const char* name;
  CodecConfig config;
};

class CodecWidths : public testing::TestWithParam<Widths> {
 protected:
  // The weights; a checkpoint with them; the converted checkpoint.
  void SetUp() override {
    const CodecConfig& config = GetParam().config;
    const auto whole = folder_.path() / "whole.gguf";
    auto writer = convert::write_synthetic_codec(whole, config, 1);
    ASSERT_TRUE(writer.has_value() && writer->commit().has_value());
    auto weights = tensor::GgufFile::open(whole);
    ASSERT_TRUE(weights.has_value()) << weights.error().message();
    write_checkpoint(config, *weights, folder_.path());
    const auto converted =
        convert::convert_codec(folder_.path(), codec_, convert::CodecParts::kDecoder);
    ASSERT_TRUE(converted.has_value()) << converted.error().message();
    frames_ = random_frames(17, 7, config.codebook_size);  // enough for two threads
    expected_ = plain::Decoder(*weights).decode(frames_, seeded_noise(3));
    EXPECT_GT(*std::max_element(expected_.begin(), expected_.end()), 0.1F) << "it is silent";
  }

  std::unique_ptr<Decoder> opened(Options options) const {
    options.max_window_frames = 4;
    auto decoder = Decoder::open(codec_, open_device(), options);
    EXPECT_TRUE(decoder.has_value()) << decoder.error().message();
    return std::move(*decoder);
  }

  std::vector<float> streamed(Decoder& decoder) const {
    std::vector<float> samples;
    const SampleSink sink = appending_to(samples);
    const auto stream = decoder.stream(seeded_noise(3));
    for (const Frame& frame : frames_) EXPECT_TRUE(stream->push({&frame, 1}, sink).has_value());
    EXPECT_TRUE(stream->finish(sink).has_value());
    return samples;
  }

  const TestFolder folder_;
  const std::filesystem::path codec_ = folder_.path() / "codec.gguf";
  std::vector<Frame> frames_;
  std::vector<float> expected_;
};

INSTANTIATE_TEST_SUITE_P(
    Codec, CodecWidths,
    testing::Values(
        Widths{"LatentsAsCodes", {.encoder_dim = 16, .decoder_dim = 256, .codebook_dim = 256}},
        Widths{"CodesWiderThanLatents",
               {.encoder_dim = 3, .decoder_dim = 80, .codebook_size = 40, .codebook_dim = 512}},
        Widths{"OddOnes",
               {.encoder_dim = 5,
                .encoder_rates = {16, 32},
                .decoder_dim = 24,
                .decoder_rates = {16, 8, 4},
                .codebook_size = 11,
                .codebook_dim = 1}},
        Widths{"OneChannelAtTheEnd",
               {.encoder_dim = 1,
                .decoder_dim = 16,
                .codebook_size = 4096,
                .codebook_dim = 37,
                .noise = false}}),
    [](const auto& test) { return test.param.name; });

TEST_P(CodecWidths, TheKernelsDecodeByTheDefinition) {
  const auto decoder = opened({.arithmetic = Arithmetic::kKernels});
  const auto samples = decoder->decode(frames_, seeded_noise(3));
  ASSERT_TRUE(samples.has_value()) << samples.error().message();
  const double difference = largest_difference(*samples, expected_);
  EXPECT_LT(difference, kTolerance);
  RecordProperty("difference", std::to_string(difference * 1e6) + "e-6");

  // Frame by frame, and on threads, the samples are equal.
  EXPECT_EQ(streamed(*decoder), *samples);
  const auto threaded = opened({.arithmetic = Arithmetic::kKernels, .num_threads = 3});
  EXPECT_EQ(threaded->decode(frames_, seeded_noise(3)).value(), *samples);
}

TEST_P(CodecWidths, TheGraphDecodesByTheDefinition) {
  const auto decoder = opened({.arithmetic = Arithmetic::kGraph});
  const double difference = largest_difference(streamed(*decoder), expected_);
  EXPECT_LT(difference, tolerance(Arithmetic::kGraph, kTolerance, 0.1));
  RecordProperty("difference", std::to_string(difference * 1e6) + "e-6");
}

// The definition itself gives the results of the authors' program.
TEST(PlainSnac, GivesWhatTheReferenceGives) {
  const auto file = golden::converted_file();
  const NoiseSource given = golden::noise();
  const auto samples = plain::Decoder(*file).decode(golden::frames(), given);
  EXPECT_LT(largest_difference(samples, golden::array<float>("audio_noisy.f32")), 1e-4);
}

}  // namespace
}  // namespace orpheus::snac
