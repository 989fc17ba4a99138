#pragma once
// A released SNAC checkpoint (config.json and pytorch_model.bin in one folder) to a codec GGUF,
// laid out as codec_layout.h says. Safe from every thread, for outputs of different names.

#include <filesystem>

#include "base/result.h"

namespace orpheus::convert {

// What of a codec goes into the file. A decoder alone speaks, and cannot encode; it is all that is
// asked of the checkpoint then.
enum class CodecParts { kAll, kDecoder };

// The output appears whole or not at all; tensors that no SNAC of this config needs are ignored.
// Errors: kNotFound and kIo for files that cannot be read or written; kBadFile for what is damaged,
// missing or of another shape; kUnsupported for what is sound but cannot be converted.
Result<void> convert_codec(const std::filesystem::path& folder, const std::filesystem::path& output,
                           CodecParts parts = CodecParts::kAll);

}  // namespace orpheus::convert
