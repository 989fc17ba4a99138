#include "snac/kernels.h"

#include "snac/config.h"
#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

// sin²(z) to within 1e-7: z less its nearest multiple of π, in two steps so that no digits are
// lost, then an odd polynomial of degree 9 fitted on [−π/2, π/2] (largest error 5e-9). The sign
// goes with the square.
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
  const auto stride = static_cast<int>(alpha.size());
  for (int column = 0; column < stride; column += kLanes) {
    const Floats a = load(alpha.data() + column);
    const Floats scale = load(inverse.data() + column);
    const float* from = in + column;
    float* to = out + column;
    for (int row = 0; row < num_rows; ++row, from += stride, to += stride) {
      const Floats x = load(from);
      store(to, x + sine_squared(x * a) * scale);
    }
  }
}

Depthwise::Depthwise(std::span<const float> weights, std::span<const float> biases,
                     int row_dilation)
    : dilation(row_dilation), taps(by_tap(weights)), bias(padded_copy(biases)) {}

void Depthwise::apply(const float* in, int num_rows, float* out) const {
  const auto stride = static_cast<int>(bias.size());
  const ptrdiff_t step = static_cast<ptrdiff_t>(dilation) * stride;
  for (int column = 0; column < stride; column += kLanes) {
    Floats tap[kKernel];
    for (ptrdiff_t k = 0; k < kKernel; ++k) tap[k] = load(taps.data() + k * stride + column);
    const Floats b = load(bias.data() + column);
    const float* from = in + column;
    float* to = out + column;
    for (int row = 0; row < num_rows; ++row, from += stride, to += stride) {
      Floats even = b + tap[0] * load(from);
      Floats odd = tap[1] * load(from + step);
      even += tap[2] * load(from + 2 * step);
      odd += tap[3] * load(from + 3 * step);
      even += tap[4] * load(from + 4 * step);
      odd += tap[5] * load(from + 5 * step);
      even += tap[6] * load(from + 6 * step);
      store(to, even + odd);
    }
  }
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
