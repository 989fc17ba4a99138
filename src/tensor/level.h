#pragma once
// The parts of a level's kernels, which level_products.cpp puts into its table. Internal to the
// sources that are compiled for each level (orpheus_levels in cmake/Processor.cmake).

#include "tensor/processor_kernels.h"

namespace orpheus::tensor::ORPHEUS_LEVEL {  // NOLINT(readability-identifier-naming)

extern const ProcessorKernels kProcessorKernels;

// level_inputs.cpp
size_t quantised_bytes(Blocks blocks, int64_t num_inputs);
void quantise(Blocks blocks, std::span<const float> inputs, std::byte* quantised);

// level_attention.cpp
void run_attend(ggml_tensor* node, int part, int num_parts, void* unused);

}  // namespace orpheus::tensor::ORPHEUS_LEVEL
