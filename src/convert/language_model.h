#pragma once
// A Hugging Face checkpoint of a Llama (one folder of config.json, tokenizer.json and safetensors
// in one part or several) to a GGUF of architecture llama. Takes every core; holds a few megabytes
// of the weights at a time. From any thread, for outputs of different names.
//
// Hugging Face turns the halves of a head by the rope, GGUF's llama turns neighbours: the rows of
// queries and keys change places. The rope's scaling becomes the tensor rope_freqs.weight.

#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

// The output appears whole or not at all. Errors: kNotFound and kIo for files that cannot be read
// or written; kBadFile for what is damaged, missing or of another shape; kUnsupported for what is
// sound but no Llama, or has weights of another type than f32, f16 and bf16.
Result<void> convert_language_model(const std::filesystem::path& folder,
                                    const std::filesystem::path& output, WeightMix mix,
                                    const WriteProgress& progress);

}  // namespace orpheus::convert
