#include "snac/matrix.h"

#include <algorithm>
#include <cstddef>

namespace orpheus::snac {

Matrix::Matrix(std::span<const float> values, int num_inputs, int num_columns,
               std::span<const float> bias)
    : num_inputs_(num_inputs), num_columns_(padded(num_columns)) {
  const int width = processor_kernels().panel_width;
  const int num_panels = (num_columns_ + width - 1) / width;
  const auto at = [](int panel, int size) {
    return static_cast<size_t>(panel) * static_cast<size_t>(size);
  };
  panels_.assign(at(num_panels, width) * static_cast<size_t>(num_inputs), 0.0F);
  bias_.assign(at(num_panels, width), 0.0F);
  std::copy(bias.begin(), bias.end(), bias_.begin());
  for (int k = 0; k < num_inputs; ++k) {
    for (int n = 0; n < num_columns; ++n) {
      const size_t row_of_panel = at(n / width, num_inputs) + static_cast<size_t>(k);
      panels_[row_of_panel * static_cast<size_t>(width) + static_cast<size_t>(n % width)] =
          values[at(k, num_columns) + static_cast<size_t>(n)];
    }
  }
}

int Matrix::num_panels() const {
  return static_cast<int>(bias_.size()) / processor_kernels().panel_width;
}

Panels Matrix::panels() const {
  return {.values = panels_.data(),
          .bias = bias_.data(),
          .num_inputs = num_inputs_,
          .num_columns = num_columns_,
          .num_panels = num_panels()};
}

void Matrix::multiply_panel(const Product& product, int panel) const {
  processor_kernels().multiply_panel(panels(), product, panel);
}

void Matrix::multiply(const Product& product) const {
  const Panels all = panels();
  const auto& kernels = processor_kernels();
  for (int panel = 0; panel < all.num_panels; ++panel) kernels.multiply_panel(all, product, panel);
}

void Matrix::multiply_add(const float* in, int in_stride, int num_rows, const float* residual,
                          int residual_stride, float* out, int out_stride) const {
  processor_kernels().multiply_add(panels(), {in, in_stride, num_rows, out, out_stride}, residual,
                                   residual_stride);
}

void Matrix::multiply_scaled(const float* in, int stride, int num_rows, const float* scale,
                             float* out, int out_stride) const {
  processor_kernels().multiply_scaled(panels(), {in, stride, num_rows, out, out_stride}, scale);
}

}  // namespace orpheus::snac
