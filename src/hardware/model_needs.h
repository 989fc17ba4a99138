#pragma once
// The memory that a voice's two files will take, read from their headers alone. A plain value.

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "lm/llama/config.h"
#include "tensor/gguf_file.h"

namespace orpheus::hardware {

struct ModelNeeds {
  llama::Config config;
  size_t model_bytes = 0;  // of the weights that are computed with: layers, rows of audio tokens
  size_t embedding_bytes = 0;  // stays in the mapped file, in main memory
  size_t step_bytes = 0;       // read for each token of a sequence that speaks alone
  int64_t num_parameters = 0;  // of model_bytes
  size_t codec_bytes = 0;      // of its weights
};

// Errors: those of llama::read_config and llama::read_token_layout; kBadFile (no output matrix).
Result<ModelNeeds> needs_of(const tensor::GgufFile& model, const tensor::GgufFile& codec);

}  // namespace orpheus::hardware
