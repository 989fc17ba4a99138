#pragma once
// Products with packed matrices as nodes of a graph, for graph builders. The matrices must outlive
// the graph. The nodes are computed on the CPU only.

#include <vector>

#include "tensor/packed_matrix.h"

struct ggml_context;
struct ggml_tensor;

namespace orpheus::tensor {

// Quantises the rows of x [in, n_rows] f32 for matrices of these blocks. → i8 [bytes, n_rows]
ggml_tensor* quantise(ggml_context* context, PackedMatrix::Blocks blocks, ggml_tensor* x);
// matrix · quantised. → [out, n_rows] f32
ggml_tensor* multiply(ggml_context* context, const PackedMatrix& matrix, ggml_tensor* quantised);
// Multiplies row i with matrix number choices[i]; choices is i32 [1, n_rows]. All matrices have the
// same size and blocks. → [out, n_rows] f32
ggml_tensor* multiply_chosen(ggml_context* context,
                             const std::vector<const PackedMatrix*>& matrices,
                             ggml_tensor* quantised, ggml_tensor* choices);

}  // namespace orpheus::tensor
