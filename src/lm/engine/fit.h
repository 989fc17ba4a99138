#pragma once
// Sizes an engine by the memory that is free now. For callers without a memory plan: commands that
// measure or check only the language model.

#include "lm/engine/options.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"

namespace orpheus::engine {

// Returns the options with a reduced context_tokens (down to least_context) and then a reduced
// max_sequences, so that the keys and values of all sequences fit. Call after the model is
// loaded.
Options fit_to_free_memory(const Options& options, const llama::Model& model,
                           const tensor::DeviceChain& devices);

}  // namespace orpheus::engine
