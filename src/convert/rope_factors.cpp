#include "convert/rope_factors.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace orpheus::convert {

void fill_rope_factors(const RopeScaling& scaling, double base, std::span<float> factors) {
  const auto count = static_cast<double>(factors.size());
  const double low = scaling.low_frequency_factor;
  const double high = scaling.high_frequency_factor;
  for (size_t i = 0; i < factors.size(); ++i) {
    const double wavelength = 2 * std::numbers::pi * std::pow(base, static_cast<double>(i) / count);
    const double turns = scaling.original_context / wavelength;
    const double blend = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    factors[i] = static_cast<float>(1 / ((1 - blend) / scaling.factor + blend));
  }
}

}  // namespace orpheus::convert
