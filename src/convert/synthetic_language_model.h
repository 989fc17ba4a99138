#pragma once
// The language model of a synthetic voice (synthetic_voice.h), written without its tensors ever
// being in memory at once. May be called from any thread.

#include "base/result.h"
#include "convert/synthetic_voice.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

// A GGUF with all of its data, to be committed. Errors: kIo.
Result<tensor::GgufWriter> write_synthetic_language_model(const std::filesystem::path& path,
                                                          const VoiceOptions& options,
                                                          const WriteProgress& progress);

}  // namespace orpheus::convert
