#include "convert/weight_mix.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <ggml.h>

#include "base/utf8.h"

namespace orpheus::convert {
namespace {

struct MixFacts {
  std::string_view name;
  ggml_type base;
  uint32_t file_type;  // llama.cpp's LLAMA_FTYPE_…
};

// In WeightMix's order.
constexpr std::array kFacts = {
    MixFacts{"f32", GGML_TYPE_F32, 0},        MixFacts{"f16", GGML_TYPE_F16, 1},
    MixFacts{"bf16", GGML_TYPE_BF16, 32},     MixFacts{"q8_0", GGML_TYPE_Q8_0, 7},
    MixFacts{"q6_k", GGML_TYPE_Q6_K, 18},     MixFacts{"q5_k_m", GGML_TYPE_Q5_K, 17},
    MixFacts{"q5_k_s", GGML_TYPE_Q5_K, 16},   MixFacts{"q5_1", GGML_TYPE_Q5_1, 9},
    MixFacts{"q5_0", GGML_TYPE_Q5_0, 8},      MixFacts{"q4_k_m", GGML_TYPE_Q4_K, 15},
    MixFacts{"q4_k_s", GGML_TYPE_Q4_K, 14},   MixFacts{"q4_1", GGML_TYPE_Q4_1, 3},
    MixFacts{"q4_0", GGML_TYPE_Q4_0, 2},      MixFacts{"iq4_nl", GGML_TYPE_IQ4_NL, 25},
    MixFacts{"iq4_xs", GGML_TYPE_IQ4_XS, 30}, MixFacts{"mxfp4", GGML_TYPE_MXFP4, 38},
    MixFacts{"q3_k_l", GGML_TYPE_Q3_K, 13},   MixFacts{"q3_k_m", GGML_TYPE_Q3_K, 12},
    MixFacts{"q3_k_s", GGML_TYPE_Q3_K, 11},   MixFacts{"iq3_m", GGML_TYPE_IQ3_S, 27},
    MixFacts{"iq3_s", GGML_TYPE_IQ3_S, 26},   MixFacts{"iq3_xs", GGML_TYPE_IQ3_S, 22},
    MixFacts{"q2_k", GGML_TYPE_Q2_K, 10},     MixFacts{"tq2_0", GGML_TYPE_TQ2_0, 37},
    MixFacts{"tq1_0", GGML_TYPE_TQ1_0, 36}};

constexpr auto kNames = [] {
  std::array<std::string_view, kFacts.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kFacts[i].name;
  return names;
}();

// llama.cpp refuses these without an importance matrix, because the result would be noise.
constexpr std::array<std::string_view, 8> kNeedMatrix = {"iq3_xxs", "iq2_m", "iq2_s", "iq2_xs",
                                                         "iq2_xxs", "iq1_m", "iq1_s", "q2_k_s"};

const MixFacts& facts(WeightMix mix) { return kFacts[static_cast<size_t>(mix)]; }

// "blk.12.attn_v.weight" is layer 12 and rest "attn_v.weight".
struct LayerTensor {
  int layer = -1;
  std::string_view rest;
};

LayerTensor split_name(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return {};
  name.remove_prefix(kPrefix.size());
  int layer = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), layer);
  name.remove_prefix(static_cast<size_t>(end - name.data()));
  if (problem != std::errc() || !name.starts_with('.')) return {};
  return {layer, name.substr(1)};
}

// llama.cpp gives more bits to the first and the last eighth of the layers and to each third
// between.
bool deserves_more_bits(int layer, int num_layers) {
  const int eighth = num_layers / 8;
  return layer < eighth || layer >= 7 * num_layers / 8 || (layer - eighth) % 3 == 2;
}

ggml_type head_type(WeightMix mix) {
  const ggml_type base = facts(mix).base;
  return base == GGML_TYPE_Q8_0 || mix == WeightMix::kMxfp4 ? GGML_TYPE_Q8_0 : GGML_TYPE_Q6_K;
}

ggml_type value_type(WeightMix mix, int layer, const ModelOutline& model) {
  const bool shared_by_four = model.heads_per_kv_head >= 4;
  switch (mix) {
    case WeightMix::kQ2K: return shared_by_four ? GGML_TYPE_Q4_K : GGML_TYPE_Q3_K;
    case WeightMix::kQ3KM: return layer < 2 ? GGML_TYPE_Q5_K : GGML_TYPE_Q4_K;
    case WeightMix::kQ3KL: return GGML_TYPE_Q5_K;
    case WeightMix::kIq3M: return GGML_TYPE_Q4_K;
    case WeightMix::kIq3S:
    case WeightMix::kIq3Xs: return shared_by_four ? GGML_TYPE_Q4_K : facts(mix).base;
    case WeightMix::kIq4Nl:
    case WeightMix::kIq4Xs: return shared_by_four ? GGML_TYPE_Q5_K : facts(mix).base;
    case WeightMix::kQ4KS: return layer < 4 ? GGML_TYPE_Q5_K : GGML_TYPE_Q4_K;
    case WeightMix::kQ4KM:
    case WeightMix::kQ5KM:
      return deserves_more_bits(layer, model.num_layers) ? GGML_TYPE_Q6_K : facts(mix).base;
    default: return facts(mix).base;
  }
}

ggml_type down_type(WeightMix mix, int layer, const ModelOutline& model) {
  const ggml_type base = facts(mix).base;
  const bool first_eighth = layer < model.num_layers / 8;
  switch (mix) {
    case WeightMix::kQ2K: return GGML_TYPE_Q3_K;
    case WeightMix::kQ3KM: return layer < model.num_layers / 16 ? GGML_TYPE_Q5_K : GGML_TYPE_Q4_K;
    case WeightMix::kQ3KL: return GGML_TYPE_Q5_K;
    case WeightMix::kIq3M: return first_eighth ? GGML_TYPE_Q4_K : base;
    case WeightMix::kIq4Nl:
    case WeightMix::kIq4Xs:
    case WeightMix::kQ4KS: return first_eighth ? GGML_TYPE_Q5_K : base;
    case WeightMix::kQ4KM:
    case WeightMix::kQ5KM:
      return deserves_more_bits(layer, model.num_layers) ? GGML_TYPE_Q6_K : base;
    default: return base;
  }
}

ggml_type attention_output_type(WeightMix mix) {
  switch (mix) {
    case WeightMix::kQ2K: return GGML_TYPE_Q3_K;
    case WeightMix::kQ3KM:
    case WeightMix::kIq3M: return GGML_TYPE_Q4_K;
    case WeightMix::kQ3KL: return GGML_TYPE_Q5_K;
    default: return facts(mix).base;
  }
}

ggml_type wanted_type(WeightMix mix, std::string_view name, const ModelOutline& model) {
  const ggml_type base = facts(mix).base;
  if (mix <= WeightMix::kBf16) return base;
  if (name == (model.tied ? "token_embd.weight" : "output.weight")) return head_type(mix);
  const bool ternary = mix == WeightMix::kTq1 || mix == WeightMix::kTq2;
  if (name == "token_embd.weight") return ternary ? GGML_TYPE_Q4_K : base;
  const auto [layer, rest] = split_name(name);
  if (rest == "attn_v.weight") return value_type(mix, layer, model);
  if (rest == "ffn_down.weight") return down_type(mix, layer, model);
  if (rest == "attn_output.weight") return attention_output_type(mix);
  if (mix != WeightMix::kIq3Xs) return base;
  if (rest == "attn_q.weight" || rest == "attn_k.weight") return GGML_TYPE_IQ3_XXS;
  const bool inner = layer >= model.num_layers / 8 && layer < 7 * model.num_layers / 8;
  const bool wide = rest == "ffn_gate.weight" || rest == "ffn_up.weight";
  return wide && inner ? GGML_TYPE_IQ3_XXS : base;
}

// llama.cpp's replacement type for rows that are not a multiple of the block size; F16 if that does
// not fit either.
ggml_type next_that_may_fit(ggml_type type) {
  switch (type) {
    case GGML_TYPE_IQ3_XXS:
    case GGML_TYPE_IQ3_S:
    case GGML_TYPE_IQ4_XS: return GGML_TYPE_IQ4_NL;
    case GGML_TYPE_Q2_K:
    case GGML_TYPE_Q3_K:
    case GGML_TYPE_TQ1_0:
    case GGML_TYPE_TQ2_0: return GGML_TYPE_Q4_0;
    case GGML_TYPE_Q4_K: return GGML_TYPE_Q5_0;
    case GGML_TYPE_Q5_K: return GGML_TYPE_Q5_1;
    case GGML_TYPE_Q6_K: return GGML_TYPE_Q8_0;
    default: return GGML_TYPE_F16;
  }
}

}  // namespace

std::span<const std::string_view> mix_names() { return kNames; }

Result<WeightMix> parse_mix(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (const auto found = std::ranges::find(kNames, lower); found != kNames.end())
    return static_cast<WeightMix>(found - kNames.begin());
  std::string known;
  for (const std::string_view each : kNames)
    known += (known.empty() ? "" : ", ") + std::string(each);
  if (std::ranges::find(kNeedMatrix, lower) != kNeedMatrix.end()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = "'" + lower + "' needs an importance matrix, which orpheus cannot compute",
                 .expected = known,
                 .remedy = "Use q2_k or iq3_xs, or create the file with llama.cpp's "
                           "llama-imatrix and llama-quantize."});
  }
  return fail({.kind = ErrorKind::kUsage,
               .what = "unknown weight type",
               .expected = known,
               .found = "'" + printable_excerpt(name, 40) + "'"});
}

std::string_view name_of(WeightMix mix) { return facts(mix).name; }

uint32_t file_type(WeightMix mix) { return facts(mix).file_type; }

int weight_type(WeightMix mix, std::string_view name, const tensor::Shape& shape,
                const ModelOutline& model) {
  if (shape[1] == 1) return GGML_TYPE_F32;
  ggml_type type = wanted_type(mix, name, model);
  while (shape[0] % ggml_blck_size(type) != 0) type = next_that_may_fit(type);
  return type;
}

}  // namespace orpheus::convert
