#pragma once
// Which type each weight of a language model is stored as, and the conversion to it. The mixes are
// those of llama.cpp's files of the same names, made without an importance matrix. Safe from every
// thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tensor/gguf_file.h"

namespace orpheus::convert {

enum class WeightMix { kF16, kQ8, kQ4, kQ4K };  // f16, q8_0, q4_0, q4_k_m

// The value of general.file_type.
uint32_t file_type(WeightMix mix);

struct ModelOutline {
  int num_layers = 0;
  bool tied = false;  // no output.weight: token_embd.weight serves as the head
};

// The ggml_type of a tensor in a mix: F32 for vectors; a head and half of the layers' attn_v and
// ffn_down have more bits; a row that is not whole blocks of its type gets the nearest that fits.
int weight_type(WeightMix mix, std::string_view name, const tensor::Shape& shape,
                const ModelOutline& model);

// Bytes of num_values values in whole rows.
size_t quantised_bytes(int type, size_t num_values);

// values are whole rows of row_length; output has quantised_bytes(type, values.size()) bytes.
void quantise(int type, std::span<const float> values, int64_t row_length,
              std::span<std::byte> output);

}  // namespace orpheus::convert
