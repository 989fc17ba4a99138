#pragma once
// The codec of a synthetic voice (synthetic_voice.h). May be called from any thread.

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "convert/codec_layout.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

// Writes a GGUF with all of its data; the caller commits it. Errors: kIo.
Result<tensor::GgufWriter> write_synthetic_codec(const std::filesystem::path& path,
                                                 const CodecConfig& config, uint64_t seed);

}  // namespace orpheus::convert
