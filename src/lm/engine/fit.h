#pragma once
// The size of an engine from the memory that is free now, for callers without a memory plan: the
// commands that measure or check the language model alone.

#include "lm/engine/options.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"

namespace orpheus::engine {

// The options with max_sequences and context_tokens reduced until the keys and values of all
// sequences fit: first the context, down to least_context, then the number of sequences. Call it
// when the model is loaded.
Options fit_to_free_memory(const Options& options, const llama::Model& model,
                           const tensor::DeviceChain& devices);

}  // namespace orpheus::engine
