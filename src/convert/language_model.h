#pragma once
// Converts a Hugging Face checkpoint of a Llama (a folder with config.json, tokenizer.json and one
// or several safetensors) to a GGUF of architecture llama. Uses every core and a few megabytes of
// weights at a time. From any thread, for outputs of different names.
//
// Hugging Face's rope rotates pairs from the two halves of a head, GGUF's llama neighbours, so the
// rows of queries and keys are permuted. The rope's scaling becomes rope_freqs.weight.

#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

// The output appears whole or not at all. Errors: kNotFound, kIo (a file cannot be read or
// written); kBadFile (damaged, missing or mis-shaped parts); kUnsupported (a valid checkpoint that
// is not a Llama, or weights that are not f32, f16 or bf16).
Result<void> convert_language_model(const std::filesystem::path& folder,
                                    const std::filesystem::path& output, WeightMix mix,
                                    const WriteProgress& progress);

}  // namespace orpheus::convert
