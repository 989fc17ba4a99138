#pragma once
// Products of rows with a constant matrix: out[t] = bias + in[t] · M. The matrix is packed once, in
// the order in which it is read. The order of a row's sums does not depend on other rows, so a
// stream gives exactly the bits of the whole sound.

#include <span>
#include <vector>

#include "snac/processor_kernels.h"

namespace orpheus::snac {

class Matrix {
 public:
  Matrix() = default;
  // values[k · num_columns + n]: input k to output n. bias has num_columns values, or is empty.
  Matrix(std::span<const float> values, int num_inputs, int num_columns,
         std::span<const float> bias);

  int num_inputs() const { return num_inputs_; }
  int num_columns() const { return num_columns_; }  // padded to whole vectors

  // An input row has num_inputs values, an output row num_columns.
  void multiply(const Product& product) const;
  void multiply(const float* in, int in_stride, int num_rows, float* out, int out_stride) const {
    multiply({in, in_stride, num_rows, out, out_stride});
  }
  // Computes the columns of one panel only; a matrix has num_panels panels.
  int num_panels() const;
  void multiply_panel(const Product& product, int panel) const;
  // Like multiply, plus a residual: out = residual + bias + in · M.
  void multiply_add(const float* in, int in_stride, int num_rows, const float* residual,
                    int residual_stride, float* out, int out_stride) const;
  // out[t] = in[t] + scale[t] · (in[t] · M). Precondition: num_columns = num_inputs.
  void multiply_scaled(const float* in, int stride, int num_rows, const float* scale, float* out,
                       int out_stride) const;

 private:
  Panels panels() const;

  int num_inputs_ = 0;
  int num_columns_ = 0;
  std::vector<float> panels_;  // [num_panels][num_inputs][panel width]
  std::vector<float> bias_;    // [num_columns rounded up to whole panels]
};

}  // namespace orpheus::snac
