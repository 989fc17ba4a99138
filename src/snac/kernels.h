#pragma once
// The element-wise parts of SNAC on rows of channels, [time][padded(channels)].
// Each result depends only on its own inputs, so rows may be computed in any portions.

#include <span>
#include <vector>

#include "snac/config.h"
#include "snac/reach.h"

namespace orpheus::snac {

// snake(x) = x + sin²(αx) / (α + 1e-9), α for each channel.
struct Snake {
  Snake() = default;
  explicit Snake(std::span<const float> alpha);
  // in and out may be the same.
  void apply(const float* in, int num_rows, float* out) const;

  std::vector<float> alpha;    // [channels]
  std::vector<float> inverse;  // [channels]: 1 / (α + 1e-9)
};

// Seven taps for each channel, `dilation` rows apart.
struct Depthwise {
  Depthwise() = default;
  // weights[channel · 7 + tap]
  Depthwise(std::span<const float> weights, std::span<const float> bias, int dilation);
  Reach reach() const { return {.left = kKernel / 2 * dilation, .right = kKernel / 2 * dilation}; }
  int in_stride() const { return static_cast<int>(bias.size()); }
  int out_stride() const { return static_cast<int>(bias.size()); }
  // Reads rows 0 … num_rows + 6 · dilation − 1 and writes num_rows.
  void apply(const float* in, int num_rows, float* out) const;

  int dilation = 1;
  std::vector<float> taps;  // [7][channels]
  std::vector<float> bias;  // [channels]
};

// The last convolution: seven rows of all channels give one value.
struct ToMono {
  ToMono() = default;
  // weights[channel · 7 + tap]
  ToMono(std::span<const float> weights, float bias);
  Reach reach() const { return {.left = kKernel / 2, .right = kKernel / 2}; }
  int in_stride() const { return static_cast<int>(taps.size()) / kKernel; }
  int out_stride() const { return 1; }
  // Reads rows 0 … num_rows + 5 and writes num_rows values.
  void apply(const float* in, int num_rows, float* out) const;

  std::vector<float> taps;  // [7][channels]
  float bias = 0;
};

}  // namespace orpheus::snac
