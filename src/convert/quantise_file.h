#pragma once
// Converts a language model's GGUF to one with other weight types; everything else stays the same.
// Uses every core; holds a few megabytes of the model at a time. From any thread.

#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

// Quantising again from 8-bit weights loses little; from fewer bits it loses much.
enum class Requantise { kFrom8Bits, kFromAny };

// A quantised weight that would not become smaller stays as it is. The output appears whole or not
// at all. Errors: those of GgufFile::open; kUnsupported (not a language model, one of several
// files, weights of fewer than 8 bits without kFromAny); kUsage (nothing would become smaller,
// input and output are one file); those of write_weights.
Result<void> quantise_file(const std::filesystem::path& input, const std::filesystem::path& output,
                           WeightMix mix, Requantise requantise, const WriteProgress& progress);

}  // namespace orpheus::convert
