#include "convert/quantise.h"

#include <array>
#include <cassert>
#include <charconv>
#include <optional>

#include <ggml.h>

namespace orpheus::convert {
namespace {

struct MixFacts {
  ggml_type base;
  uint32_t file_type;  // llama.cpp's LLAMA_FTYPE_MOSTLY_…
};

const MixFacts& facts(WeightMix mix) {
  static constexpr std::array kFacts = {MixFacts{GGML_TYPE_F16, 1}, MixFacts{GGML_TYPE_Q8_0, 7},
                                        MixFacts{GGML_TYPE_Q4_0, 2}, MixFacts{GGML_TYPE_Q4_K, 15}};
  return kFacts[static_cast<size_t>(mix)];
}

// The layer of "blk.12.attn_v.weight" when the rest of the name is this.
std::optional<int> layer_of(std::string_view name, std::string_view rest) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix) || !name.ends_with(rest)) return std::nullopt;
  int layer = 0;
  const char* end = name.data() + name.size() - rest.size();
  const auto parsed = std::from_chars(name.data() + kPrefix.size(), end, layer);
  return parsed.ptr == end ? std::optional(layer) : std::nullopt;
}

// llama.cpp gives more bits to the first and the last eighth of the layers and to each third
// between.
bool deserves_more_bits(int layer, int num_layers) {
  const int eighth = num_layers / 8;
  return layer < eighth || layer >= 7 * num_layers / 8 || (layer - eighth) % 3 == 2;
}

ggml_type wanted_type(WeightMix mix, std::string_view name, const ModelOutline& model) {
  const ggml_type base = facts(mix).base;
  if (mix == WeightMix::kF16 || mix == WeightMix::kQ8) return base;
  if (name == (model.tied ? "token_embd.weight" : "output.weight")) return GGML_TYPE_Q6_K;
  if (mix != WeightMix::kQ4K) return base;
  for (const std::string_view rest : {".attn_v.weight", ".ffn_down.weight"}) {
    const auto layer = layer_of(name, rest);
    if (layer && deserves_more_bits(*layer, model.num_layers)) return GGML_TYPE_Q6_K;
  }
  return base;
}

ggml_type next_that_may_fit(ggml_type type) {
  if (type == GGML_TYPE_Q4_K) return GGML_TYPE_Q5_0;
  if (type == GGML_TYPE_Q6_K) return GGML_TYPE_Q8_0;
  return GGML_TYPE_F16;
}

}  // namespace

uint32_t file_type(WeightMix mix) { return facts(mix).file_type; }

int weight_type(WeightMix mix, std::string_view name, const tensor::Shape& shape,
                const ModelOutline& model) {
  if (shape[1] == 1) return GGML_TYPE_F32;
  ggml_type type = wanted_type(mix, name, model);
  while (shape[0] % ggml_blck_size(type) != 0) type = next_that_may_fit(type);
  return type;
}

size_t quantised_bytes(int type, size_t num_values) {
  return ggml_row_size(static_cast<ggml_type>(type), static_cast<int64_t>(num_values));
}

void quantise(int type, std::span<const float> values, int64_t row_length,
              std::span<std::byte> output) {
  assert(output.size() == quantised_bytes(type, values.size()));
  ggml_quantize_chunk(static_cast<ggml_type>(type), values.data(), output.data(), 0,
                      static_cast<int64_t>(values.size()) / row_length, row_length, nullptr);
}

}  // namespace orpheus::convert
