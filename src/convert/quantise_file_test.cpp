#include "convert/quantise_file.h"

#include <map>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "convert/random_weights.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {
namespace {

class QuantiseFileTest : public testing::Test {
 protected:
  // A file with a head, one layer's weights of whole blocks, and a vector.
  std::filesystem::path write_model(const std::string& name, const std::string& architecture,
                                    uint32_t num_parts = 1) const {
    tensor::GgufWriter writer;
    writer.set_string("general.architecture", architecture);
    writer.set_string("general.name", "known");
    writer.set_u32("llama.block_count", 1);
    writer.set_u32("llama.attention.head_count", 4);
    writer.set_u32("llama.attention.head_count_kv", 2);
    writer.set_f32("a.float", 0.25F);
    writer.set_strings("some.texts", std::vector<std::string>{"a", "", "b c"});
    if (num_parts > 1) writer.set_u32("split.count", num_parts);
    std::vector<PlannedWeight> weights;
    const auto add = [&](const std::string& weight, int64_t rows) {
      const size_t bytes = static_cast<size_t>(256 * rows) * sizeof(float);
      weights.push_back({.name = weight,
                         .type = rows == 1 ? GGML_TYPE_F32 : GGML_TYPE_F16,
                         .source = {.type = GGML_TYPE_F32,
                                    .shape = {256, rows, 1, 1},
                                    .data = std::as_bytes(std::span(values_)).first(bytes)}});
    };
    add("token_embd.weight", 40);
    add("blk.0.attn_norm.weight", 1);
    add("blk.0.attn_q.weight", 8);
    add("blk.0.ffn_down.weight", 8);
    auto path = folder_ / name;
    EXPECT_TRUE(write_weights(writer, path, weights, {}, {}).has_value());
    EXPECT_TRUE(writer.commit().has_value());
    return path;
  }
  std::map<std::string, int> types_in(const std::filesystem::path& path) const {
    const auto file = tensor::GgufFile::open(path);
    std::map<std::string, int> types;
    for (const auto& tensor : file->tensors()) types[std::string(tensor.name)] = tensor.type;
    return types;
  }
  auto quantise_to(const std::filesystem::path& from, WeightMix mix,
                   Requantise requantise = Requantise::kFrom8Bits) const {
    return quantise_file(from, folder_ / "out.gguf", mix, requantise, {});
  }

  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
  std::vector<float> values_ = [] {
    std::vector<float> values(size_t{256} * 40);
    fill_normal({.seed = 8, .stream = 0}, 0, 0.1F, values);
    return values;
  }();
};

TEST_F(QuantiseFileTest, TheWeightsChangeAndAllElseStays) {
  const auto path = write_model("f16.gguf", "llama");
  uint64_t last = 0;
  const auto done = quantise_file(path, folder_ / "out.gguf", WeightMix::kQ4KS,
                                  Requantise::kFrom8Bits, [&](uint64_t bytes, uint64_t total) {
                                    EXPECT_GT(bytes, last);
                                    EXPECT_LE(bytes, total);
                                    last = bytes;
                                  });
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(types_in(folder_ / "out.gguf"),
            (std::map<std::string, int>{{"token_embd.weight", GGML_TYPE_Q6_K},
                                        {"blk.0.attn_norm.weight", GGML_TYPE_F32},
                                        {"blk.0.attn_q.weight", GGML_TYPE_Q4_K},
                                        {"blk.0.ffn_down.weight", GGML_TYPE_Q4_K}}));
  const auto file = tensor::GgufFile::open(folder_ / "out.gguf");
  EXPECT_EQ(file->u32("general.file_type").value(), 14U);
  EXPECT_EQ(file->string("general.name").value(), "known");
  EXPECT_EQ(file->f32("a.float").value(), 0.25F);
  EXPECT_EQ(file->strings("some.texts").value()[2], "b c");
  const auto norm = file->f32_tensor("blk.0.attn_norm.weight", {256, 1, 1, 1}).value();
  EXPECT_TRUE(std::ranges::equal(norm, std::span(values_).first(256)));
}

TEST_F(QuantiseFileTest, FromEightBitsIsAllowedFromFewerOnRequestAndUpwardsNever) {
  const auto f16 = write_model("f16.gguf", "llama");
  const auto q8 = folder_ / "q8.gguf";
  ASSERT_TRUE(quantise_file(f16, q8, WeightMix::kQ8, Requantise::kFrom8Bits, {}).has_value());
  ASSERT_TRUE(quantise_to(q8, WeightMix::kQ4KM).has_value());
  std::filesystem::rename(folder_ / "out.gguf", folder_ / "q4.gguf");

  const auto twice = quantise_to(folder_ / "q4.gguf", WeightMix::kQ2K);
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(twice.error().message().find("--allow-requantize"), std::string::npos);
  EXPECT_TRUE(quantise_to(folder_ / "q4.gguf", WeightMix::kQ2K, Requantise::kFromAny).has_value());
  for (const WeightMix finer : {WeightMix::kQ4KM, WeightMix::kQ8, WeightMix::kF16}) {
    const auto upwards = quantise_to(folder_ / "q4.gguf", finer, Requantise::kFromAny);
    ASSERT_FALSE(upwards.has_value());
    EXPECT_EQ(upwards.error().kind, ErrorKind::kUsage);
  }
}

TEST_F(QuantiseFileTest, WhatIsNoWholeLanguageModelIsRefused) {
  EXPECT_EQ(quantise_to(write_model("codec.gguf", "snac"), WeightMix::kQ8).error().kind,
            ErrorKind::kUnsupported);
  const auto part = quantise_to(write_model("part.gguf", "llama", 3), WeightMix::kQ8);
  EXPECT_NE(part.error().message().find("3 parts"), std::string::npos);
  EXPECT_EQ(quantise_to(folder_ / "none.gguf", WeightMix::kQ8).error().kind, ErrorKind::kNotFound);
  const auto path = write_model("f16.gguf", "llama");
  const auto itself = quantise_file(path, path, WeightMix::kQ8, Requantise::kFrom8Bits, {});
  EXPECT_EQ(itself.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.gguf"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 3);
}

}  // namespace
}  // namespace orpheus::convert
