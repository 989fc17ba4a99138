// For processors without a kernel of ours: ggml's attention is used.

#include "tensor/attention.h"

namespace orpheus::tensor {

bool is_attention_supported(int /*cache_type*/, int64_t /*head_dim*/) { return false; }

ggml_tensor* attend(ggml_context* /*context*/, ggml_tensor* /*q*/, ggml_tensor* /*keys*/,
                    ggml_tensor* /*values*/, ggml_tensor* /*seen*/) {
  return nullptr;
}

}  // namespace orpheus::tensor
