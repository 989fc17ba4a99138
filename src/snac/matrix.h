#pragma once
// Products of rows with a constant matrix: out[t] = bias + in[t] · M, a matrix packed once in the
// order in which the product reads it. A row's sums are taken in the same order whatever rows stand
// beside it, so a stream gives the very bits of the whole.

#include <span>
#include <vector>

namespace orpheus::snac {

class Matrix {
 public:
  Matrix() = default;
  // values[k · num_columns + n]: input k to output n. bias has num_columns values, or is empty.
  Matrix(std::span<const float> values, int num_inputs, int num_columns,
         std::span<const float> bias);

  int num_inputs() const { return num_inputs_; }
  int num_columns() const { return num_columns_; }  // padded to whole vectors

  // Row t of the input begins at in + t · in_stride and has num_inputs values; rows may overlap.
  // Row t of the output begins at out + t · out_stride.
  void multiply(const float* in, int in_stride, int num_rows, float* out, int out_stride) const;
  // The same, added to residual[t]: out = residual + bias + in · M.
  void multiply_add(const float* in, int in_stride, int num_rows, const float* residual,
                    int residual_stride, float* out, int out_stride) const;
  // out[t] = in[t] + scale[t] · (in[t] · M); as many columns as inputs.
  void multiply_scaled(const float* in, int stride, int num_rows, const float* scale, float* out,
                       int out_stride) const;

 private:
  template <typename Finish>
  void run(const float* in, int in_stride, int num_rows, const Finish& finish) const;

  int num_inputs_ = 0;
  int num_columns_ = 0;
  std::vector<float> panels_;  // [num_panels][num_inputs][panel width]
  std::vector<float> bias_;    // [num_columns rounded up to whole panels]
};

}  // namespace orpheus::snac
