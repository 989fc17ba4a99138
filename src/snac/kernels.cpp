#include "snac/kernels.h"

#include <cstddef>

#include "snac/config.h"
#include "snac/processor_kernels.h"

namespace orpheus::snac {
namespace {

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
  processor_kernels().snake(alpha.data(), inverse.data(), static_cast<int>(alpha.size()), in,
                            num_rows, out);
}

Depthwise::Depthwise(std::span<const float> weights, std::span<const float> biases,
                     int row_dilation)
    : dilation(row_dilation), taps(by_tap(weights)), bias(padded_copy(biases)) {}

void Depthwise::apply(const float* in, int num_rows, float* out) const {
  processor_kernels().depthwise(taps.data(), bias.data(), in_stride(), dilation, in, num_rows, out);
}

ToMono::ToMono(std::span<const float> weights, float output_bias)
    : taps(by_tap(weights)), bias(output_bias) {}

void ToMono::apply(const float* in, int num_rows, float* out) const {
  processor_kernels().to_mono(taps.data(), in_stride(), bias, in, num_rows, out);
}

}  // namespace orpheus::snac
