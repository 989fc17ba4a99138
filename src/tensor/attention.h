#pragma once
// Attention on a CPU with reproducible results. A row's bits do not depend on the other sequences,
// on the length of a prompt's chunk, or on the number of threads. For graph builders; the node is
// computed on the CPU only.
//
//   out = softmax(q · K / √head_dim) · V      over the cached rows that the row of q may use
//
// One thread computes each row and head, in float32. It takes the cached rows in blocks of 32, in
// order, counted from the sequence's first row. Within a block, the lanes of the vector register
// add up a dot product. Other rows are not part of any sum.

#include <cstdint>

struct ggml_context;
struct ggml_tensor;

namespace orpheus::tensor {

// Whether this CPU has the kernel for a cache of this ggml_type (f16, q8_0) and heads of this size.
bool is_attention_supported(int cache_type, int64_t head_dim);

// q [head_dim, n_heads, n_rows] f32; keys, values [head_dim · n_kv_heads, n_cached]; seen i32 [2,
// n_rows]: for each row of q, the first cached row of its sequence, and the number of cached rows
// to use (0: the result is zeros). → [head_dim · n_heads, n_rows] f32
ggml_tensor* attend(ggml_context* context, ggml_tensor* q, ggml_tensor* keys, ggml_tensor* values,
                    ggml_tensor* seen);

}  // namespace orpheus::tensor
