#include "snac/kernels.h"

#include "snac/config.h"
#include "snac/vectors.h"

namespace orpheus::snac {
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

std::vector<float> padded_copy(std::span<const float> values) {
  std::vector<float> copy(values.begin(), values.end());
  copy.resize(static_cast<size_t>(padded(static_cast<int>(values.size()))), 0.0F);
  return copy;
}

// [channel][7] to [7][channels].
std::vector<float> by_tap(std::span<const float> weights) {
  const size_t channels = weights.size() / kKernel;
  const auto stride = static_cast<size_t>(padded(static_cast<int>(channels)));
  std::vector<float> taps(stride * kKernel, 0.0F);
  for (size_t channel = 0; channel < channels; ++channel) {
    for (size_t tap = 0; tap < kKernel; ++tap)
      taps[tap * stride + channel] = weights[channel * kKernel + tap];
  }
  return taps;
}

}  // namespace

Snake::Snake(std::span<const float> alphas) : alpha(padded_copy(alphas)) {
  for (const float a : alpha) inverse.push_back(a == 0 ? 0.0F : 1.0F / (a + 1e-9F));
}

void Snake::apply(const float* in, int num_rows, float* out) const {
  const auto stride = static_cast<ptrdiff_t>(alpha.size());
  for (int row = 0; row < num_rows; ++row, in += stride, out += stride) {
    for (ptrdiff_t column = 0; column < stride; column += kLanes) {
      const Floats x = load(in + column);
      const Floats waves = sine_squared(x * load(alpha.data() + column));
      store(out + column, x + waves * load(inverse.data() + column));
    }
  }
}

Depthwise::Depthwise(std::span<const float> weights, std::span<const float> biases,
                     int row_dilation)
    : dilation(row_dilation), taps(by_tap(weights)), bias(padded_copy(biases)) {}

// Works row by row, in the order of memory: rows whose distance is a power of two would share a few
// sets of the first-level cache if they were read by columns. Several rows are computed together,
// so a tap is read once for all of them.
template <int kRows>
inline void Depthwise::apply_together(const float* in, float* out) const {
  const auto stride = static_cast<ptrdiff_t>(bias.size());
  const ptrdiff_t step = dilation * stride;
  for (ptrdiff_t column = 0; column < stride; column += kLanes) {
    Floats even[kRows];  // two short sums round less than one long one
    Floats odd[kRows] = {};
    for (Floats& sum : even) sum = load(bias.data() + column);
      // A fixed order of additions. Some other orders round to more than the encoder's tests allow.
#pragma GCC unroll 7
    for (const ptrdiff_t tap : {0, 3, 2, 1, 4, 5, 6}) {
      const Floats weight = load(taps.data() + tap * stride + column);
      const float* from = in + tap * step + column;
      Floats* sums = tap % 2 == 0 ? even : odd;
      for (ptrdiff_t row = 0; row < kRows; ++row) sums[row] += weight * load(from + row * stride);
    }
    for (ptrdiff_t row = 0; row < kRows; ++row)
      store(out + row * stride + column, even[row] + odd[row]);
  }
}

void Depthwise::apply(const float* in, int num_rows, float* out) const {
  constexpr int kRowsTogether = 4;
  const auto stride = static_cast<ptrdiff_t>(bias.size());
  int row = 0;
  for (; row + kRowsTogether <= num_rows; row += kRowsTogether)
    apply_together<kRowsTogether>(in + row * stride, out + row * stride);
  for (; row < num_rows; ++row) apply_together<1>(in + row * stride, out + row * stride);
}

ToMono::ToMono(std::span<const float> weights, float output_bias)
    : taps(by_tap(weights)), bias(output_bias) {}

void ToMono::apply(const float* in, int num_rows, float* out) const {
  const auto length = static_cast<int>(taps.size());
  const int stride = length / kKernel;
  for (int row = 0; row < num_rows; ++row, in += stride) {
    Floats even = {};
    Floats odd = {};
    int i = 0;
    for (; i + 2 * kLanes <= length; i += 2 * kLanes) {
      even += load(in + i) * load(taps.data() + i);
      odd += load(in + i + kLanes) * load(taps.data() + i + kLanes);
    }
    if (i < length) even += load(in + i) * load(taps.data() + i);
    even += odd;
    float sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) sum += even[lane];
    out[row] = sum + bias;
  }
}

}  // namespace orpheus::snac
