#pragma once
// What every GGUF of architecture llama says of itself. Pure functions.

#include <string>

#include "convert/llama_checkpoint.h"
#include "convert/weight_mix.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

// general.* and llama.*; the tokenizer's keys are the caller's.
void set_llama_metadata(tensor::GgufWriter& writer, const LlamaConfig& model,
                        const std::string& name, WeightMix mix);

}  // namespace orpheus::convert
