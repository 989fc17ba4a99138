#pragma once
// Chooses the type of each weight of a language model. The mixes are those of llama.cpp's files of
// the same names, made without an importance matrix. Pure functions.

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

// Parses a mix's name, in lower or upper case. Errors: kUnsupported (a mix that needs an importance
// matrix, which this program does not make), kUsage (not a mix).
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

// The ggml_type of a tensor in a mix. Vectors are F32. The head gets more bits and, depending on
// the mix, so do some layers' attn_v, attn_output and ffn_down. A row that is not a multiple of the
// type's block size gets the nearest type that fits.
int weight_type(WeightMix mix, std::string_view name, const tensor::Shape& shape,
                const ModelOutline& model);

}  // namespace orpheus::convert
