#pragma once
// The language model of a synthetic voice (synthetic_voice.h). Its tensors are never in memory all
// at once. May be called from any thread.

#include "base/result.h"
#include "convert/synthetic_voice.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

// Writes a GGUF with all of its data; the caller commits it. Errors: kIo.
Result<tensor::GgufWriter> write_synthetic_language_model(const std::filesystem::path& path,
                                                          const VoiceOptions& options,
                                                          const WriteProgress& progress);

}  // namespace orpheus::convert
