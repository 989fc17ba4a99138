#pragma once
// Llama-3's scaling of rope frequencies for a longer context, in GGUF's form: one divisor for each
// pair of channels. A pure function.

#include <span>

namespace orpheus::convert {

struct RopeScaling {
  double factor = 32;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double original_context = 8192;
};

// Each factor is 1 for wavelengths far within the original context, the scaling factor for those
// beyond it, and a blend in between. factors has half as many values as a head has channels.
void fill_rope_factors(const RopeScaling& scaling, double base, std::span<float> factors);

}  // namespace orpheus::convert
