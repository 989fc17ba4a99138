#include "tensor/attention.h"

#include <array>

#include <ggml.h>

#include "tensor/processor_kernels.h"

namespace orpheus::tensor {

bool is_attention_supported(int cache_type, int64_t head_dim) {
  if (processor_kernels().attend == nullptr || head_dim > kMostHeadDim) return false;
  return cache_type == GGML_TYPE_F16 || (cache_type == GGML_TYPE_Q8_0 && head_dim % 32 == 0);
}

ggml_tensor* attend(ggml_context* context, ggml_tensor* q, ggml_tensor* keys, ggml_tensor* values,
                    ggml_tensor* seen) {
  std::array<ggml_tensor*, 4> sources = {q, keys, values, seen};
  return ggml_custom_4d(context, GGML_TYPE_F32, q->ne[0] * q->ne[1], q->ne[2], 1, 1, sources.data(),
                        static_cast<int>(sources.size()), processor_kernels().attend,
                        GGML_N_TASKS_MAX, nullptr);
}

}  // namespace orpheus::tensor
