#pragma once
// A language model's GGUF to one with other types of weights; all else stays as it is. Takes every
// core; holds a few megabytes of the model at a time. From any thread.

#include <filesystem>

#include "base/result.h"
#include "convert/quantise.h"
#include "convert/weight_mix.h"

namespace orpheus::convert {

// From whole numbers of 8 bits little more is lost than from 16; from fewer, much.
enum class Requantise { kFrom8Bits, kFromAny };

// A weight that is quantised already and would not become smaller stays as it is. The output
// appears whole or not at all. Errors: those of GgufFile::open; kUnsupported (no language model, a
// part of several files, weights of fewer than 8 bits without kFromAny); kUsage (nothing would
// become smaller, input and output are one file); those of write_weights.
Result<void> quantise_file(const std::filesystem::path& input, const std::filesystem::path& output,
                           WeightMix mix, Requantise requantise, const WriteProgress& progress);

}  // namespace orpheus::convert
