// For levels without kernels of ours: ggml's layouts and attention are used.

#include "tensor/level.h"

namespace orpheus::tensor::ORPHEUS_LEVEL {

constinit const ProcessorKernels kProcessorKernels = {};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL
