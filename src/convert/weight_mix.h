#pragma once
// Which type each weight of a language model is stored as. The mixes are those of llama.cpp's files
// of the same names, made without an importance matrix. Pure functions.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "tensor/gguf_file.h"

namespace orpheus::convert {

enum class WeightMix {
  kF32,
  kF16,
  kBf16,
  kQ8,
  kQ6K,
  kQ5KM,
  kQ5KS,
  kQ5_1,
  kQ5_0,
  kQ4KM,
  kQ4KS,
  kQ4_1,
  kQ4_0,
  kIq4Nl,
  kIq4Xs,
  kMxfp4,
  kQ3KL,
  kQ3KM,
  kQ3KS,
  kIq3M,
  kIq3S,
  kIq3Xs,
  kQ2K,
  kTq2,
  kTq1,
};

// "q4_k_m" and the like, from the finest to the coarsest.
std::span<const std::string_view> mix_names();

// In either case, as files are named. Errors: kUnsupported (a mix that an importance matrix is
// needed for, which nothing here makes), kUsage (no mix).
Result<WeightMix> parse_mix(std::string_view name);

// "q4_k_m".
std::string_view name_of(WeightMix mix);

// The value of general.file_type.
uint32_t file_type(WeightMix mix);

struct ModelOutline {
  int num_layers = 0;
  int heads_per_kv_head = 1;  // with four or more, llama.cpp gives attn_v more bits in some mixes
  bool tied = false;          // no output.weight: token_embd.weight serves as the head
};

// The ggml_type of a tensor in a mix: F32 for vectors; more bits for the head and, as the mix has
// it, for some layers' attn_v, attn_output and ffn_down; a row that is not whole blocks of its type
// gets the nearest that fits.
int weight_type(WeightMix mix, std::string_view name, const tensor::Shape& shape,
                const ModelOutline& model);

}  // namespace orpheus::convert
