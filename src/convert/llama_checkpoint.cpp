#include "convert/llama_checkpoint.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "convert/byte_reader.h"
#include "convert/json_reader.h"

namespace orpheus::convert {
namespace {

using nlohmann::json;

constexpr uint32_t kMaxDimension = 1U << 20U;
constexpr uint32_t kMaxLayers = 512;
constexpr uint32_t kMaxContext = 1U << 30U;
constexpr uint32_t kMaxTokens = 1U << 22U;
constexpr double kLargest = 1e12;

constexpr const char* kConfigName = "config.json";

tl::unexpected<Error> unsupported(const std::string& what, const std::string& expected,
                                  const std::string& found) {
  return fail({.kind = ErrorKind::kUnsupported,
               .what = std::string(kConfigName) + ": " + what,
               .expected = expected,
               .found = found});
}

// Older files keep rope_theta beside rope_scaling; newer ones keep both in rope_parameters.
const json& rope_of(const json& config) {
  static const json none;
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    if (const auto found = config.find(key); found != config.end() && found->is_object())
      return *found;
  }
  return none;
}

Result<void> read_rope(const json& config, JsonReader& top, LlamaConfig& model) {
  const json& rope = rope_of(config);
  const bool inside = rope.is_object() && rope.contains("rope_theta");
  if (!rope.is_object()) {
    model.rope_base = top.number_or("rope_theta", 10000, 1, kLargest);
    return {};
  }
  JsonReader reader(rope, std::string(kConfigName) + ", rope");
  model.rope_base = inside ? reader.number("rope_theta", 1, kLargest)
                           : top.number_or("rope_theta", 10000, 1, kLargest);
  const std::string kind = reader.text_or("rope_type", reader.text_or("type", "default"));
  if (kind != "default") {
    if (kind != "llama3") {
      return unsupported("this kind of rope scaling is not supported", "llama3 or default",
                         convert::quoted(kind));
    }
    RopeScaling scaling;
    scaling.factor = reader.number("factor", 1, kLargest);
    scaling.low_frequency_factor = reader.number("low_freq_factor", 1e-6, kLargest);
    scaling.high_frequency_factor = reader.number("high_freq_factor", 1e-6, kLargest);
    scaling.original_context = reader.number("original_max_position_embeddings", 1, kLargest);
    if (!reader.error() && scaling.high_frequency_factor <= scaling.low_frequency_factor)
      reader.refuse("high_freq_factor", "more than low_freq_factor", rope.at("high_freq_factor"));
    model.rope_scaling = scaling;
  }
  if (reader.error()) return fail(*reader.error());
  return {};
}

Result<void> check_kind(const json& config, JsonReader& reader) {
  const std::string kind = reader.text("model_type");
  if (reader.error()) return fail(*reader.error());
  if (kind != "llama")
    return unsupported("not an Orpheus model", "model_type llama", convert::quoted(kind));
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    if (reader.flag_or(key, false))
      return unsupported("layers with biases are not supported", "no biases", key);
  }
  const std::string activation = reader.text_or("hidden_act", "silu");
  if (activation != "silu")
    return unsupported("this activation function is not supported", "silu",
                       convert::quoted(activation));
  if (config.contains("quantization_config"))
    return unsupported("quantised weights are not supported", "f32, f16 or bf16",
                       "quantization_config");
  return {};
}

std::optional<uint32_t> token_id(const json& config, const char* key) {
  auto value = config.find(key);
  if (value == config.end()) return std::nullopt;
  const json& id = value->is_array() && !value->empty() ? value->front() : *value;
  if (!id.is_number_unsigned() || id.get<uint64_t>() >= kMaxTokens) return std::nullopt;
  return id.get<uint32_t>();
}

}  // namespace

Result<LlamaConfig> parse_llama_config(std::string_view text) {
  ORPHEUS_TRY(const json config, parse_json_object(text, kConfigName));
  JsonReader reader(config, kConfigName);
  ORPHEUS_CHECK(check_kind(config, reader));
  LlamaConfig model;
  model.num_layers = reader.count("num_hidden_layers", kMaxLayers);
  model.width = reader.count("hidden_size", kMaxDimension);
  model.feed_forward = reader.count("intermediate_size", kMaxDimension);
  model.num_heads = reader.count("num_attention_heads", kMaxDimension);
  model.num_kv_heads = reader.count_or("num_key_value_heads", model.num_heads, kMaxDimension);
  model.head_dim =
      reader.count_or("head_dim", std::max(1U, model.width / model.num_heads), kMaxDimension);
  model.context = reader.count("max_position_embeddings", kMaxContext);
  model.vocabulary_size = reader.count("vocab_size", kMaxTokens);
  model.rms_epsilon = reader.number("rms_norm_eps", 0, 1);
  model.tied = reader.flag_or("tie_word_embeddings", false);
  ORPHEUS_CHECK(read_rope(config, reader, model));
  if (reader.error()) return fail(*reader.error());
  if (model.num_heads % model.num_kv_heads != 0 || model.head_dim % 2 != 0 ||
      uint64_t{model.num_heads} * model.head_dim > kMaxDimension) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = std::string(kConfigName) + ": invalid numbers of attention heads",
         .expected =
             "a number of heads that is a multiple of the KV heads, and an even head length"});
  }
  model.begin_of_text = token_id(config, "bos_token_id");
  model.end_of_text = token_id(config, "eos_token_id");
  return model;
}

}  // namespace orpheus::convert
