#include "convert/quantise.h"

#include <cmath>
#include <string>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "convert/random_weights.h"

namespace orpheus::convert {
namespace {

TEST(WeightType, MixesAsLlamaCppDoes) {
  const ModelOutline tied{.num_layers = 28, .tied = true};
  const auto type = [&](const std::string& name) {
    return weight_type(WeightMix::kQ4K, name, {3072, 1024, 1, 1}, tied);
  };
  EXPECT_EQ(type("token_embd.weight"), GGML_TYPE_Q6_K);
  EXPECT_EQ(type("blk.0.attn_q.weight"), GGML_TYPE_Q4_K);
  EXPECT_EQ(type("blk.0.attn_output.weight"), GGML_TYPE_Q4_K);
  std::vector<int> with_more_bits;
  for (int layer = 0; layer < 28; ++layer) {
    const std::string block = "blk." + std::to_string(layer);
    EXPECT_EQ(type(block + ".attn_v.weight"), type(block + ".ffn_down.weight"));
    if (type(block + ".attn_v.weight") == GGML_TYPE_Q6_K) with_more_bits.push_back(layer);
  }
  // What llama.cpp's rule gives for 28 layers.
  EXPECT_EQ(with_more_bits, (std::vector<int>{0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27}));
}

TEST(WeightType, AHeadOfItsOwnTakesTheBits) {
  const ModelOutline untied{.num_layers = 16, .tied = false};
  const tensor::Shape shape{2048, 156940, 1, 1};
  for (const WeightMix mix : {WeightMix::kQ4, WeightMix::kQ4K}) {
    EXPECT_EQ(weight_type(mix, "output.weight", shape, untied), GGML_TYPE_Q6_K);
    EXPECT_NE(weight_type(mix, "token_embd.weight", shape, untied), GGML_TYPE_Q6_K);
  }
  EXPECT_EQ(weight_type(WeightMix::kQ8, "output.weight", shape, untied), GGML_TYPE_Q8_0);
  EXPECT_EQ(weight_type(WeightMix::kF16, "output.weight", shape, untied), GGML_TYPE_F16);
}

TEST(WeightType, FallsBackWhereRowsAreNotWholeBlocks) {
  const ModelOutline tied{.num_layers = 2, .tied = true};
  const auto type = [&](WeightMix mix, const char* name, int64_t row) {
    return weight_type(mix, name, {row, 8, 1, 1}, tied);
  };
  EXPECT_EQ(type(WeightMix::kQ4K, "blk.0.attn_q.weight", 64), GGML_TYPE_Q5_0);
  EXPECT_EQ(type(WeightMix::kQ4K, "token_embd.weight", 64), GGML_TYPE_Q8_0);
  EXPECT_EQ(type(WeightMix::kQ4, "blk.0.attn_q.weight", 48), GGML_TYPE_F16);
  EXPECT_EQ(type(WeightMix::kQ4K, "token_embd.weight", 48), GGML_TYPE_F16);
  EXPECT_EQ(weight_type(WeightMix::kQ4, "blk.0.attn_norm.weight", {64, 1, 1, 1}, tied),
            GGML_TYPE_F32);
}

TEST(Quantise, StaysNearTheValues) {
  constexpr int64_t kRow = 512;
  std::vector<float> values(4 * kRow);
  fill_normal({.seed = 3, .stream = 0}, 0, 1, values);
  const std::vector<std::pair<ggml_type, double>> tolerances = {{GGML_TYPE_F16, 1e-3},
                                                                {GGML_TYPE_Q8_0, 0.01},
                                                                {GGML_TYPE_Q6_K, 0.03},
                                                                {GGML_TYPE_Q4_K, 0.1},
                                                                {GGML_TYPE_Q4_0, 0.12}};
  for (const auto& [type, tolerance] : tolerances) {
    std::vector<std::byte> bytes(quantised_bytes(type, values.size()));
    quantise(type, values, kRow, bytes);
    std::vector<float> back(values.size());
    ggml_get_type_traits(type)->to_float(bytes.data(), back.data(),
                                         static_cast<int64_t>(back.size()));
    double squares = 0;
    for (size_t i = 0; i < values.size(); ++i) squares += std::pow(back[i] - values[i], 2);
    EXPECT_LT(std::sqrt(squares / static_cast<double>(values.size())), tolerance)
        << ggml_type_name(type);
  }
}

}  // namespace
}  // namespace orpheus::convert
