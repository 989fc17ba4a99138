// Products of rows with a packed matrix (matrix.h), compiled for each level of processors.

#include <algorithm>
#include <cstddef>

#include "snac/level.h"

namespace orpheus::snac::ORPHEUS_LEVEL {
namespace {

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

// Calls finish(row, column, sum) for each vector of the product.
template <typename Finish>
void run_panel(const Panels& panels, const Product& product, int panel, const Finish& finish) {
  const float* weights =
      panels.values + static_cast<ptrdiff_t>(panel) * panels.num_inputs * kPanelWidth;
  const int num_vectors =
      std::min(kPanelVectors, (panels.num_columns - panel * kPanelWidth) / kLanes);
  for (int row = 0; row < product.num_rows; row += kTileRows) {
    const int rows = std::min(kTileRows, product.num_rows - row);
    const float* first = product.in + static_cast<ptrdiff_t>(row) * product.in_stride;
    tile_of(rows, first, product.in_stride, weights, panels.num_inputs,
            [&](int tile_row, int vector, Floats sum) {
              if (vector >= num_vectors) return;
              finish(row + tile_row, panel * kPanelWidth + vector * kLanes, sum);
            });
  }
}

template <typename Finish>
void run(const Panels& panels, const Product& product, const Finish& finish) {
  for (int panel = 0; panel < panels.num_panels; ++panel) run_panel(panels, product, panel, finish);
}

}  // namespace

void multiply_panel(const Panels& panels, const Product& product, int panel) {
  run_panel(panels, product, panel, [&](int row, int column, Floats sum) {
    store(product.out + static_cast<ptrdiff_t>(row) * product.out_stride + column,
          sum + load(panels.bias + column));
  });
}

void multiply_add(const Panels& panels, const Product& product, const float* residual,
                  int residual_stride) {
  run(panels, product, [&](int row, int column, Floats sum) {
    const Floats base = load(residual + static_cast<ptrdiff_t>(row) * residual_stride + column);
    store(product.out + static_cast<ptrdiff_t>(row) * product.out_stride + column,
          base + (sum + load(panels.bias + column)));
  });
}

void multiply_scaled(const Panels& panels, const Product& product, const float* scale) {
  run(panels, product, [&](int row, int column, Floats sum) {
    const Floats base = load(product.in + static_cast<ptrdiff_t>(row) * product.in_stride + column);
    store(product.out + static_cast<ptrdiff_t>(row) * product.out_stride + column,
          base + scale[row] * sum);
  });
}

}  // namespace orpheus::snac::ORPHEUS_LEVEL
