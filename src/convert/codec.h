#pragma once
// Converts a released SNAC checkpoint (config.json and pytorch_model.bin in one folder) to a codec
// GGUF in the layout of codec_layout.h. Safe from every thread, for outputs of different names.

#include <filesystem>

#include "base/result.h"

namespace orpheus::convert {

// The parts of a codec to write. A decoder alone can speak but not encode; then the checkpoint
// needs no encoder.
enum class CodecParts { kAll, kDecoder };

// The output appears whole or not at all; tensors that this config does not need are ignored.
// Errors: kNotFound, kIo (a file cannot be read or written); kBadFile (damaged, missing or
// mis-shaped parts); kUnsupported (valid, but it cannot be converted).
Result<void> convert_codec(const std::filesystem::path& folder, const std::filesystem::path& output,
                           CodecParts parts = CodecParts::kAll);

}  // namespace orpheus::convert
