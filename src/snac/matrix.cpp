#include "snac/matrix.h"

#include <algorithm>

#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

// A tile of the product stays in registers: kTileRows × kPanelVectors sums, one row of a panel, one
// broadcast input.
#if defined(__AVX512F__)
constexpr int kTileRows = 12;
constexpr int kPanelVectors = 2;
#elif defined(__AVX__)
constexpr int kTileRows = 6;
constexpr int kPanelVectors = 2;
#else
constexpr int kTileRows = 8;  // NEON has 32 registers
constexpr int kPanelVectors = 2;
#endif
constexpr int kPanelWidth = kPanelVectors * kLanes;

// Calls finish(row, vector of the panel, sum) for each sum while it is in a register.
template <int kRows, typename Finish>
inline void tile(const float* in, int in_stride, const float* panel, int num_inputs,
                 const Finish& finish) {
  Floats sums[kRows][kPanelVectors] = {};
  for (int k = 0; k < num_inputs; ++k) {
    Floats weights[kPanelVectors];
    const float* row_of_panel = panel + ptrdiff_t{k} * kPanelWidth;
    for (ptrdiff_t v = 0; v < kPanelVectors; ++v) weights[v] = load(row_of_panel + v * kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const float input = in[row * in_stride + k];
#pragma GCC unroll 2
      for (int v = 0; v < kPanelVectors; ++v) sums[row][v] += input * weights[v];
    }
  }
  for (int row = 0; row < kRows; ++row) {
    for (int v = 0; v < kPanelVectors; ++v) finish(row, v, sums[row][v]);
  }
}

template <typename Finish>
void tile_of(int num_rows, const float* in, int in_stride, const float* panel, int num_inputs,
             const Finish& finish) {
  switch (num_rows) {
    case 1: return tile<1>(in, in_stride, panel, num_inputs, finish);
    case 2: return tile<2>(in, in_stride, panel, num_inputs, finish);
    case 3: return tile<3>(in, in_stride, panel, num_inputs, finish);
    case 4: return tile<4>(in, in_stride, panel, num_inputs, finish);
    case 5: return tile<5>(in, in_stride, panel, num_inputs, finish);
    case 6: return tile<6>(in, in_stride, panel, num_inputs, finish);
    case 7: return tile<7>(in, in_stride, panel, num_inputs, finish);
    case 8: return tile<8>(in, in_stride, panel, num_inputs, finish);
    case 9: return tile<9>(in, in_stride, panel, num_inputs, finish);
    case 10: return tile<10>(in, in_stride, panel, num_inputs, finish);
    case 11: return tile<11>(in, in_stride, panel, num_inputs, finish);
    default: return tile<12>(in, in_stride, panel, num_inputs, finish);
  }
}

}  // namespace

Matrix::Matrix(std::span<const float> values, int num_inputs, int num_columns,
               std::span<const float> bias)
    : num_inputs_(num_inputs), num_columns_(padded(num_columns)) {
  const int panels = num_panels();
  panels_.assign(static_cast<size_t>(panels) * static_cast<size_t>(num_inputs) * kPanelWidth, 0.0F);
  bias_.assign(static_cast<size_t>(panels) * kPanelWidth, 0.0F);
  std::copy(bias.begin(), bias.end(), bias_.begin());
  for (int k = 0; k < num_inputs; ++k) {
    for (int n = 0; n < num_columns; ++n) {
      const int panel = n / kPanelWidth;
      const auto place =
          (static_cast<size_t>(panel) * static_cast<size_t>(num_inputs) + static_cast<size_t>(k)) *
              kPanelWidth +
          static_cast<size_t>(n % kPanelWidth);
      panels_[place] = values[static_cast<size_t>(k) * static_cast<size_t>(num_columns) +
                              static_cast<size_t>(n)];
    }
  }
}

int Matrix::num_panels() const { return (num_columns_ + kPanelWidth - 1) / kPanelWidth; }

// Calls finish(row, column, sum) for each vector of the product.
template <typename Finish>
void Matrix::run_panel(const float* in, int in_stride, int num_rows, int panel,
                       const Finish& finish) const {
  const float* weights = panels_.data() + static_cast<ptrdiff_t>(panel) * num_inputs_ * kPanelWidth;
  const int num_vectors = std::min(kPanelVectors, (num_columns_ - panel * kPanelWidth) / kLanes);
  for (int row = 0; row < num_rows; row += kTileRows) {
    const int rows = std::min(kTileRows, num_rows - row);
    const float* first = in + static_cast<ptrdiff_t>(row) * in_stride;
    tile_of(rows, first, in_stride, weights, num_inputs_,
            [&](int tile_row, int vector, Floats sum) {
              if (vector >= num_vectors) return;
              finish(row + tile_row, panel * kPanelWidth + vector * kLanes, sum);
            });
  }
}

template <typename Finish>
void Matrix::run(const float* in, int in_stride, int num_rows, const Finish& finish) const {
  for (int panel = 0; panel < num_panels(); ++panel)
    run_panel(in, in_stride, num_rows, panel, finish);
}

void Matrix::multiply_panel(const Product& product, int panel) const {
  run_panel(product.in, product.in_stride, product.num_rows, panel,
            [&](int row, int column, Floats sum) {
              store(product.out + static_cast<ptrdiff_t>(row) * product.out_stride + column,
                    sum + load(bias_.data() + column));
            });
}

void Matrix::multiply(const Product& product) const {
  for (int panel = 0; panel < num_panels(); ++panel) multiply_panel(product, panel);
}

void Matrix::multiply_add(const float* in, int in_stride, int num_rows, const float* residual,
                          int residual_stride, float* out, int out_stride) const {
  run(in, in_stride, num_rows, [&](int row, int column, Floats sum) {
    const Floats base = load(residual + static_cast<ptrdiff_t>(row) * residual_stride + column);
    store(out + static_cast<ptrdiff_t>(row) * out_stride + column,
          base + (sum + load(bias_.data() + column)));
  });
}

void Matrix::multiply_scaled(const float* in, int stride, int num_rows, const float* scale,
                             float* out, int out_stride) const {
  run(in, stride, num_rows, [&](int row, int column, Floats sum) {
    const Floats base = load(in + static_cast<ptrdiff_t>(row) * stride + column);
    store(out + static_cast<ptrdiff_t>(row) * out_stride + column, base + scale[row] * sum);
  });
}

}  // namespace orpheus::snac
