#pragma once
// Products with packed matrices as nodes of a graph, for builders. The matrices must outlive the
// graph; they are computed on the CPU alone.

#include <vector>

#include "tensor/packed_matrix.h"

struct ggml_context;
struct ggml_tensor;

namespace orpheus::tensor {

// x [in, n_rows] f32 → its rows quantised for matrices of these blocks, i8 [bytes, n_rows]
ggml_tensor* quantise(ggml_context* context, PackedMatrix::Blocks blocks, ggml_tensor* x);
// [out, n_rows] f32
ggml_tensor* multiply(ggml_context* context, const PackedMatrix& matrix, ggml_tensor* quantised);
// Row i with the matrix that choices [1, n_rows] i32 names. [out, n_rows] f32. All matrices are of
// one size and quantise alike.
ggml_tensor* multiply_chosen(ggml_context* context,
                             const std::vector<const PackedMatrix*>& matrices,
                             ggml_tensor* quantised, ggml_tensor* choices);

}  // namespace orpheus::tensor
