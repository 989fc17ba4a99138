#pragma once
// The memory that a voice's two files will need, read from their headers only. A plain value.

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "lm/llama/config.h"
#include "lm/llama/layer_split.h"
#include "tensor/gguf_file.h"

namespace orpheus::plan {

struct ModelNeeds {
  llama::Config config;
  llama::WeightSizes weights;  // on the computing device: layers, rows of audio tokens
  size_t embedding_bytes = 0;  // stays in the mapped file, in main memory
  int64_t num_parameters = 0;  // number of weights
  size_t codec_bytes = 0;      // of its weights
  // Whether the codec's ggml graph also runs on a CPU, in place of the kernels.
  bool codec_graph_on_cpu = false;

  size_t codec_bytes_on(bool is_cpu) const;  // weights and memory for decoding
};

// Errors: those of llama::read_config and llama::read_token_layout; kBadFile (no output matrix).
Result<ModelNeeds> needs_of(const tensor::GgufFile& model, const tensor::GgufFile& codec);

}  // namespace orpheus::plan
