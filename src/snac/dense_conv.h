#pragma once
// A convolution from all channels to all channels, as one matrix product: the rows that an output
// row reads lie side by side in memory. Immutable: may be shared by all threads.

#include <utility>

#include "snac/matrix.h"
#include "snac/reach.h"

namespace orpheus::snac {

class DenseConv {
 public:
  DenseConv() = default;
  // The inputs of the matrix are reach.num_rows() consecutive rows.
  DenseConv(Matrix matrix, Reach reach) : matrix_(std::move(matrix)), reach_(reach) {}

  Reach reach() const { return reach_; }
  int in_stride() const { return matrix_.num_inputs() / reach_.num_rows(); }
  int out_stride() const { return matrix_.num_columns(); }
  // Writes num_rows rows. in: the first input row of the first output row.
  void apply(const float* in, int num_rows, float* out) const {
    matrix_.multiply(in, reach_.stride * in_stride(), num_rows, out, out_stride());
  }

 private:
  Matrix matrix_;
  Reach reach_;
};

}  // namespace orpheus::snac
