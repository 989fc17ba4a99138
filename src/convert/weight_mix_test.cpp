#include "convert/weight_mix.h"

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

namespace orpheus::convert {
namespace {

TEST(WeightType, MixesAsLlamaCppDoes) {
  const ModelOutline tied{.num_layers = 28, .tied = true};
  const auto type = [&](const std::string& name) {
    return weight_type(WeightMix::kQ4KM, name, {3072, 1024, 1, 1}, tied);
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
  for (const WeightMix mix : {WeightMix::kQ4_0, WeightMix::kQ4KM}) {
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
  EXPECT_EQ(type(WeightMix::kQ4KM, "blk.0.attn_q.weight", 64), GGML_TYPE_Q5_0);
  EXPECT_EQ(type(WeightMix::kQ4KM, "token_embd.weight", 64), GGML_TYPE_Q8_0);
  EXPECT_EQ(type(WeightMix::kQ4_0, "blk.0.attn_q.weight", 48), GGML_TYPE_F16);
  EXPECT_EQ(type(WeightMix::kQ4KM, "token_embd.weight", 48), GGML_TYPE_F16);
  EXPECT_EQ(weight_type(WeightMix::kQ4_0, "blk.0.attn_norm.weight", {64, 1, 1, 1}, tied),
            GGML_TYPE_F32);
}

// What llama-quantize 0.7 chose for four models (tests/oracle/list_weight_mixes.py made the list).
TEST(WeightType, IsLlamaCppsInEveryMix) {
  struct Model {
    ModelOutline outline;
    int64_t width;
    int64_t feed_forward;
  };
  const std::map<std::string, Model> models = {
      {"l28", {{.num_layers = 28, .heads_per_kv_head = 3, .tied = true}, 768, 512}},
      {"l16", {{.num_layers = 16, .heads_per_kv_head = 4, .tied = true}, 256, 256}},
      {"l16u", {{.num_layers = 16, .heads_per_kv_head = 4, .tied = false}, 256, 256}},
      {"odd", {{.num_layers = 8, .heads_per_kv_head = 2, .tied = true}, 96, 288}}};
  std::ifstream list(ORPHEUS_TEST_DATA "/weight-mixes/llama-cpp.txt");
  std::string name;
  std::string mix;
  std::string tensor;
  std::string type;
  std::string layers;
  int num_compared = 0;
  while (list >> name >> mix >> tensor >> type >> layers) {
    const Model& model = models.at(name);
    const int64_t row = tensor == "blk.*.ffn_down.weight" ? model.feed_forward : model.width;
    std::istringstream each(layers);
    for (std::string layer; std::getline(each, layer, ',');) {
      std::string full = tensor;
      if (const size_t star = full.find('*'); star != full.npos) full.replace(star, 1, layer);
      const int found = weight_type(parse_mix(mix).value(), full, {row, 8, 1, 1}, model.outline);
      std::string found_name = ggml_type_name(static_cast<ggml_type>(found));
      for (char& c : found_name) c = c == 'K' ? 'k' : c;
      EXPECT_EQ(found_name, type) << name << " " << mix << " " << full;
      ++num_compared;
    }
  }
  EXPECT_GT(num_compared, 5000);
}

TEST(WeightType, EveryMixHasANameThatMeansIt) {
  for (const std::string_view name : mix_names()) {
    const auto mix = parse_mix(name);
    ASSERT_TRUE(mix.has_value()) << name;
    EXPECT_EQ(name_of(*mix), name);
  }
  EXPECT_EQ(parse_mix("Q4_K_M"), WeightMix::kQ4KM);
  EXPECT_EQ(parse_mix("q9").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(parse_mix("").error().kind, ErrorKind::kUsage);
  const auto needs_matrix = parse_mix("IQ2_XXS");
  EXPECT_EQ(needs_matrix.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(needs_matrix.error().what.find("importance matrix"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::convert
