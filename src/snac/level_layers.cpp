// The element-wise layers (kernels.h), compiled for each level of processors; and the level's table
// of kernels.

#include <cstddef>

#include "snac/config.h"
#include "snac/level.h"

namespace orpheus::snac::ORPHEUS_LEVEL {
namespace {

// sin²(z) with an error below 1e-7. First subtracts the nearest multiple of π, in two steps so that
// no digits are lost. Then uses an odd polynomial of degree 9, fitted on [−π/2, π/2] (largest error
// 5e-9). Squaring removes the sign.
inline Floats sine_squared(Floats z) {
  constexpr float kInversePi = 0.318309886F;
  constexpr float kPiHigh = 3.140625F;         // eight bits: its product with a multiple is exact
  constexpr float kPiLow = 9.67653589793e-4F;  // π − kPiHigh
  constexpr float kRound = 12582912.0F;        // 1.5 · 2^23: adding it drops the fraction
  Floats multiple = z * kInversePi + kRound;
  multiple -= kRound;
  Floats r = z - multiple * kPiHigh;
  r -= multiple * kPiLow;
  const Floats r2 = r * r;
  Floats p = r2 * 2.60004864e-6F - 1.98066124e-4F;
  p = p * r2 + 8.33301725e-3F;
  p = p * r2 - 1.66666571e-1F;
  const Floats sine = r + r * r2 * p;
  return sine * sine;
}

void snake(const float* alpha, const float* inverse, int stride, const float* in, int num_rows,
           float* out) {
  for (int row = 0; row < num_rows; ++row, in += stride, out += stride) {
    for (ptrdiff_t column = 0; column < stride; column += kLanes) {
      const Floats x = load(in + column);
      const Floats waves = sine_squared(x * load(alpha + column));
      store(out + column, x + waves * load(inverse + column));
    }
  }
}

// Reads the input in the order of memory, row by row. If it read column by column, rows at a
// distance of a power of two would evict each other from the first-level cache. It computes kRows
// rows together, so each tap is loaded once for all of them.
template <int kRows>
inline void depthwise_together(const float* taps, const float* bias, ptrdiff_t stride,
                               ptrdiff_t step, const float* in, float* out) {
  for (ptrdiff_t column = 0; column < stride; column += kLanes) {
    Floats even[kRows];  // two short sums round less than one long one
    Floats odd[kRows] = {};
    for (Floats& sum : even) sum = load(bias + column);
      // A fixed order of additions. Some other orders round to more than the encoder's tests allow.
#pragma GCC unroll 7
    for (const ptrdiff_t tap : {0, 3, 2, 1, 4, 5, 6}) {
      const Floats weight = load(taps + tap * stride + column);
      const float* from = in + tap * step + column;
      Floats* sums = tap % 2 == 0 ? even : odd;
      for (ptrdiff_t row = 0; row < kRows; ++row) sums[row] += weight * load(from + row * stride);
    }
    for (ptrdiff_t row = 0; row < kRows; ++row)
      store(out + row * stride + column, even[row] + odd[row]);
  }
}

void depthwise(const float* taps, const float* bias, int stride, int dilation, const float* in,
               int num_rows, float* out) {
  constexpr int kRowsTogether = 4;
  const ptrdiff_t step = ptrdiff_t{dilation} * stride;
  int row = 0;
  for (; row + kRowsTogether <= num_rows; row += kRowsTogether) {
    const ptrdiff_t first = ptrdiff_t{row} * stride;
    depthwise_together<kRowsTogether>(taps, bias, stride, step, in + first, out + first);
  }
  for (; row < num_rows; ++row) {
    const ptrdiff_t first = ptrdiff_t{row} * stride;
    depthwise_together<1>(taps, bias, stride, step, in + first, out + first);
  }
}

void to_mono(const float* taps, int stride, float bias, const float* in, int num_rows, float* out) {
  const int length = stride * kKernel;
  for (int row = 0; row < num_rows; ++row, in += stride) {
    Floats even = {};
    Floats odd = {};
    int i = 0;
    for (; i + 2 * kLanes <= length; i += 2 * kLanes) {
      even += load(in + i) * load(taps + i);
      odd += load(in + i + kLanes) * load(taps + i + kLanes);
    }
    if (i < length) even += load(in + i) * load(taps + i);
    even += odd;
    float sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) sum += even[lane];
    out[row] = sum + bias;
  }
}

}  // namespace

constinit const ProcessorKernels kProcessorKernels = {.panel_width = kPanelWidth,
                                                      .multiply_panel = multiply_panel,
                                                      .multiply_add = multiply_add,
                                                      .multiply_scaled = multiply_scaled,
                                                      .snake = snake,
                                                      .depthwise = depthwise,
                                                      .to_mono = to_mono};

}  // namespace orpheus::snac::ORPHEUS_LEVEL
