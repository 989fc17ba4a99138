#include "convert/language_model.h"

#include <cmath>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "convert/llama_checkpoint.h"
#include "convert/random_weights.h"
#include "convert/testing/safetensors_file.h"
#include "tensor/gguf_file.h"

namespace orpheus::convert {
namespace {

using nlohmann::json;

constexpr uint64_t kHeadDim = 8;
constexpr uint64_t kWidth = 32;
constexpr uint64_t kFeedForward = 64;
constexpr uint64_t kNumTokens = 300;

json config_of(bool tied) {
  return {{"model_type", "llama"},
          {"num_hidden_layers", 2},
          {"hidden_size", kWidth},
          {"intermediate_size", kFeedForward},
          {"num_attention_heads", kWidth / kHeadDim},
          {"num_key_value_heads", 2},
          {"head_dim", kHeadDim},
          {"hidden_act", "silu"},
          {"max_position_embeddings", 131072},
          {"vocab_size", kNumTokens},
          {"rms_norm_eps", 1e-5},
          {"tie_word_embeddings", tied},
          {"rope_theta", 500000.0},
          {"rope_scaling",
           {{"factor", 32.0},
            {"low_freq_factor", 1.0},
            {"high_freq_factor", 4.0},
            {"original_max_position_embeddings", 8192},
            {"rope_type", "llama3"}}},
          {"bos_token_id", 290},
          {"eos_token_id", {291, 292}}};
}

json tokenizer_json() {
  json vocabulary;
  for (int i = 0; i < 288; ++i) vocabulary["t" + std::to_string(i)] = i;
  return {{"model",
           {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", {"t 0", json::array({"t", "1"})}}}},
          {"added_tokens",
           {{{"id", 290}, {"content", "<|begin_of_text|>"}, {"special", true}},
            {{"id", 291}, {"content", "<|eot_id|>"}, {"special", true}},
            {{"id", 293}, {"content", "<custom_token_0>"}, {"special", false}}}}};
}

// A weight as a known GGUF has it, and as Hugging Face keeps the same network.
struct KnownWeight {
  std::string gguf_name;
  std::vector<float> gguf_values;
  WrittenTensor checkpoint;
};

// Values that every floating-point type holds exactly.
std::vector<float> simple_values(uint64_t count, uint64_t stream) {
  std::vector<float> values(count);
  fill_uniform({.seed = 9, .stream = stream}, 0, -64, 64, values);
  for (float& value : values) value = std::round(value) / 64;
  return values;
}

// GGUF's neighbours 2j, 2j + 1 of a head are Hugging Face's j and j + half a head.
std::vector<float> halves_apart(const std::vector<float>& rows) {
  std::vector<float> apart(rows.size());
  for (size_t row = 0; row < rows.size() / kWidth; ++row) {
    const size_t head = row / kHeadDim;
    const size_t pair = row % kHeadDim / 2;
    const size_t to = head * kHeadDim + row % 2 * (kHeadDim / 2) + pair;
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(row * kWidth), kWidth,
                apart.begin() + static_cast<std::ptrdiff_t>(to * kWidth));
  }
  return apart;
}

std::vector<KnownWeight> known_weights(bool tied) {
  std::vector<KnownWeight> weights;
  const auto add = [&](const std::string& gguf, const std::string& name,
                       std::vector<uint64_t> shape, bool turned = false) {
    uint64_t count = 1;
    for (const uint64_t size : shape) count *= size;
    const auto values = simple_values(count, weights.size());
    weights.push_back({gguf, values, {name, shape, turned ? halves_apart(values) : values}});
  };
  add("token_embd.weight", "model.embed_tokens.weight", {kNumTokens, kWidth});
  add("output_norm.weight", "model.norm.weight", {kWidth});
  if (!tied) add("output.weight", "lm_head.weight", {kNumTokens, kWidth});
  for (const std::string layer : {"0", "1"}) {
    const std::string from = "model.layers." + layer + ".";
    const std::string to = "blk." + layer + ".";
    add(to + "attn_norm.weight", from + "input_layernorm.weight", {kWidth});
    add(to + "attn_q.weight", from + "self_attn.q_proj.weight", {kWidth, kWidth}, true);
    add(to + "attn_k.weight", from + "self_attn.k_proj.weight", {2 * kHeadDim, kWidth}, true);
    add(to + "attn_v.weight", from + "self_attn.v_proj.weight", {2 * kHeadDim, kWidth});
    add(to + "attn_output.weight", from + "self_attn.o_proj.weight", {kWidth, kWidth});
    add(to + "ffn_norm.weight", from + "post_attention_layernorm.weight", {kWidth});
    add(to + "ffn_gate.weight", from + "mlp.gate_proj.weight", {kFeedForward, kWidth});
    add(to + "ffn_up.weight", from + "mlp.up_proj.weight", {kFeedForward, kWidth});
    add(to + "ffn_down.weight", from + "mlp.down_proj.weight", {kWidth, kFeedForward});
  }
  return weights;
}

class LanguageModelTest : public testing::Test {
 protected:
  void write(const std::vector<KnownWeight>& weights, const std::string& dtype = "F32",
             bool sharded = false) const {
    std::vector<WrittenTensor> tensors;
    for (const KnownWeight& weight : weights) tensors.push_back(weight.checkpoint);
    write_checkpoint(folder_, tensors, dtype, sharded);
    write_file(folder_ / "tokenizer.json", tokenizer_json().dump());
    write_file(
        folder_ / "tokenizer_config.json",
        R"({"bos_token": {"content": "<|begin_of_text|>"}, "pad_token": "<custom_token_0>"})");
  }
  void write_config(const json& config) const {
    write_file(folder_ / "config.json", config.dump());
  }
  Result<void> convert(WeightMix mix = WeightMix::kF32) const {
    return convert_language_model(folder_, folder_ / "lm.gguf", mix, {});
  }
  void expect_refused(ErrorKind kind, const std::string& part) const {
    const auto done = convert();
    ASSERT_FALSE(done.has_value()) << part;
    EXPECT_EQ(done.error().kind, kind) << done.error().message();
    EXPECT_NE(done.error().message().find(part), std::string::npos) << done.error().message();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "lm.gguf"));
  }

  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
};

TEST_F(LanguageModelTest, EveryWeightIsWhereTheKnownModelHasIt) {
  for (const bool tied : {true, false}) {
    const auto weights = known_weights(tied);
    write_config(config_of(tied));
    for (const std::string dtype : {"F32", "F16", "BF16"}) {
      const bool sharded = dtype == "BF16";
      SCOPED_TRACE(dtype);
      write(weights, dtype, sharded);
      const auto done = convert();
      ASSERT_TRUE(done.has_value()) << done.error().message();
      const auto file = tensor::GgufFile::open(folder_ / "lm.gguf");
      ASSERT_TRUE(file.has_value()) << file.error().message();
      EXPECT_EQ(file->tensors().size(), weights.size() + 1);
      for (const KnownWeight& weight : weights) {
        const tensor::GgufTensor* found = file->find_tensor(weight.gguf_name);
        ASSERT_NE(found, nullptr) << weight.gguf_name;
        EXPECT_EQ(found->type, GGML_TYPE_F32);
        EXPECT_EQ(found->shape[0], static_cast<int64_t>(weight.checkpoint.shape.back()));
        const auto wanted = std::as_bytes(std::span(weight.gguf_values));
        EXPECT_TRUE(std::ranges::equal(found->data, wanted)) << weight.gguf_name;
      }
    }
    std::filesystem::remove(folder_ / "model.safetensors.index.json");
  }
}

TEST_F(LanguageModelTest, TheRopesScalingBecomesItsFactors) {
  write(known_weights(true));
  write_config(config_of(true));
  ASSERT_TRUE(convert().has_value());
  const auto file = tensor::GgufFile::open(folder_ / "lm.gguf");
  const auto factors = file->f32_tensor("rope_freqs.weight", {kHeadDim / 2, 1, 1, 1}).value();
  // Wavelengths of 6.3, 167, 4443 and 118,000 tokens, by llama.cpp's formula.
  EXPECT_FLOAT_EQ(factors[0], 1);
  EXPECT_FLOAT_EQ(factors[1], 1);
  EXPECT_NEAR(factors[2], 1 / ((1 - (8192 / 4442.883 - 1) / 3) / 32 + (8192 / 4442.883 - 1) / 3),
              1e-3);
  EXPECT_FLOAT_EQ(factors[3], 32);

  auto newer = config_of(true);
  newer["rope_parameters"] = newer["rope_scaling"];
  newer["rope_parameters"]["rope_theta"] = newer["rope_theta"];
  newer.erase("rope_scaling");
  newer.erase("rope_theta");
  const auto before = std::vector<float>(factors.begin(), factors.end());
  write_config(newer);
  ASSERT_TRUE(convert().has_value());
  const auto again = tensor::GgufFile::open(folder_ / "lm.gguf");
  EXPECT_TRUE(std::ranges::equal(
      again->f32_tensor("rope_freqs.weight", {kHeadDim / 2, 1, 1, 1}).value(), before));
  EXPECT_EQ(again->f32("llama.rope.freq_base").value(), 500000);

  auto unscaled = config_of(true);
  unscaled["rope_scaling"] = nullptr;
  write_config(unscaled);
  ASSERT_TRUE(convert().has_value());
  EXPECT_EQ(tensor::GgufFile::open(folder_ / "lm.gguf")->find_tensor("rope_freqs.weight"), nullptr);
}

TEST_F(LanguageModelTest, TheTokenizerKeepsItsTextsKindsAndSpecialTokens) {
  write(known_weights(true));
  write_config(config_of(true));
  ASSERT_TRUE(convert(WeightMix::kQ8).has_value());
  const auto file = tensor::GgufFile::open(folder_ / "lm.gguf");
  const auto tokens = file->strings("tokenizer.ggml.tokens").value();
  ASSERT_EQ(tokens.size(), kNumTokens);
  EXPECT_EQ(tokens[17], "t17");
  EXPECT_EQ(tokens[290], "<|begin_of_text|>");
  EXPECT_EQ(tokens[299], "[PAD299]");
  const auto kinds = file->i32s("tokenizer.ggml.token_type").value();
  EXPECT_EQ(kinds[17], 1);
  EXPECT_EQ(kinds[290], 3);
  EXPECT_EQ(kinds[293], 4);
  EXPECT_EQ(kinds[299], 5);
  const auto merges = file->strings("tokenizer.ggml.merges").value();
  EXPECT_EQ(std::vector<std::string>(merges.begin(), merges.end()),
            (std::vector<std::string>{"t 0", "t 1"}));
  EXPECT_EQ(file->u32("tokenizer.ggml.bos_token_id").value(), 290U);
  EXPECT_EQ(file->u32("tokenizer.ggml.eos_token_id").value(), 291U);  // config.json's first
  EXPECT_EQ(file->u32("tokenizer.ggml.padding_token_id").value(), 293U);
  EXPECT_EQ(file->u32("general.file_type").value(), 7U);
  EXPECT_EQ(file->find_tensor("blk.0.attn_q.weight")->type, GGML_TYPE_Q8_0);
}

TEST_F(LanguageModelTest, WhatIsNoSuchCheckpointIsRefused) {
  const auto weights = known_weights(true);
  write_config(config_of(true));
  expect_refused(ErrorKind::kNotFound, "contains no checkpoint of a language model");
  write(weights);

  using Change = void (*)(json&);
  const std::vector<std::tuple<Change, ErrorKind, std::string>> configs = {
      {[](json& c) { c["model_type"] = "qwen2"; }, ErrorKind::kUnsupported, "'qwen2'"},
      {[](json& c) { c["attention_bias"] = true; }, ErrorKind::kUnsupported, "biases"},
      {[](json& c) { c["hidden_act"] = "gelu"; }, ErrorKind::kUnsupported, "'gelu'"},
      {[](json& c) { c["quantization_config"] = json::object(); }, ErrorKind::kUnsupported,
       "quantised"},
      {[](json& c) { c["rope_scaling"]["rope_type"] = "yarn"; }, ErrorKind::kUnsupported, "'yarn'"},
      {[](json& c) { c["rope_scaling"].erase("factor"); }, ErrorKind::kBadFile, "'factor'"},
      {[](json& c) { c["rope_scaling"]["high_freq_factor"] = 1; }, ErrorKind::kBadFile,
       "more than low_freq_factor"},
      {[](json& c) { c.erase("hidden_size"); }, ErrorKind::kBadFile, "'hidden_size' is missing"},
      {[](json& c) { c["num_hidden_layers"] = 3; }, ErrorKind::kBadFile,
       "no tensor 'model.layers.2.input_layernorm.weight'"},
      {[](json& c) { c["num_hidden_layers"] = 1; }, ErrorKind::kUnsupported,
       "does not belong to the Llama"},
      {[](json& c) { c["num_hidden_layers"] = -1; }, ErrorKind::kBadFile, "has an invalid value"},
      {[](json& c) { c["num_key_value_heads"] = 3; }, ErrorKind::kBadFile, "attention heads"},
      {[](json& c) { c["vocab_size"] = 299; }, ErrorKind::kBadFile, "has another shape"},
      {[](json& c) { c["tie_word_embeddings"] = false; }, ErrorKind::kBadFile,
       "no tensor 'lm_head.weight'"},
      {[](json& c) { c = json::array(); }, ErrorKind::kBadFile, "not a JSON object"},
  };
  for (const auto& [change, kind, part] : configs) {
    json config = config_of(true);
    change(config);
    write_config(config);
    expect_refused(kind, part);
  }
  write_config(config_of(true));

  const std::vector<std::tuple<Change, ErrorKind, std::string>> tokenizers = {
      {[](json& t) { t["model"]["type"] = "Unigram"; }, ErrorKind::kUnsupported, "'Unigram'"},
      {[](json& t) { t["model"]["vocab"]["t0"] = 300; }, ErrorKind::kBadFile, "has an invalid id"},
      {[](json& t) { t["model"]["vocab"]["t0"] = "0"; }, ErrorKind::kBadFile, "has an invalid id"},
      {[](json& t) { t["model"]["vocab"]["u"] = 3; }, ErrorKind::kBadFile, "two tokens"},
      {[](json& t) { t["model"]["merges"][0] = "abc"; }, ErrorKind::kBadFile, "two parts"},
      {[](json& t) { t["model"]["merges"][0] = 5; }, ErrorKind::kBadFile, "two parts"},
      {[](json& t) { t["added_tokens"][0].erase("id"); }, ErrorKind::kBadFile, "incomplete"},
      {[](json& t) { t["added_tokens"][0] = 7; }, ErrorKind::kBadFile, "incomplete"},
      {[](json& t) { t.erase("model"); }, ErrorKind::kBadFile, "model is missing"},
  };
  for (const auto& [change, kind, part] : tokenizers) {
    json tokenizer = tokenizer_json();
    change(tokenizer);
    write_file(folder_ / "tokenizer.json", tokenizer.dump());
    expect_refused(kind, part);
  }
  write_file(folder_ / "tokenizer.json", tokenizer_json().dump());

  auto broken = weights;
  broken[3].checkpoint.values[5] = NAN;
  write(broken);
  expect_refused(ErrorKind::kBadFile, "not finite");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 4);  // nothing is left
  write(weights);
  EXPECT_TRUE(convert().has_value());
}

}  // namespace
}  // namespace orpheus::convert
