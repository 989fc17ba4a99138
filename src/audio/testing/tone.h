#pragma once
// For tests: a tone, and how to recognise it.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace orpheus::audio {

inline std::vector<float> tone(double frequency_hz, int sample_rate_hz, size_t num_samples) {
  std::vector<float> samples(num_samples);
  for (size_t i = 0; i < num_samples; ++i) {
    samples[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * frequency_hz *
                                                   static_cast<double>(i) / sample_rate_hz));
  }
  return samples;
}

// The amplitude at this frequency: 1 for a tone of amplitude 1.
inline double strength(std::span<const float> samples, double frequency_hz, int sample_rate_hz) {
  double real = 0;
  double imaginary = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double angle =
        2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / sample_rate_hz;
    // A window, so that neighbours do not leak in.
    const double window = 1 - std::cos(2 * std::numbers::pi * static_cast<double>(i) /
                                       static_cast<double>(samples.size()));
    real += samples[i] * window * std::cos(angle);
    imaginary += samples[i] * window * std::sin(angle);
  }
  return 2 * std::hypot(real, imaginary) / static_cast<double>(samples.size());
}

// The strongest frequency within a fifth of the expected one, to 0.1 %.
inline double pitch_hz(std::span<const float> samples, double expected_hz, int sample_rate_hz) {
  double best_hz = 0;
  double best = -1;
  for (double ratio = 0.8; ratio <= 1.25; ratio += 0.001) {
    const double found = strength(samples, expected_hz * ratio, sample_rate_hz);
    if (found > best) {
      best = found;
      best_hz = expected_hz * ratio;
    }
  }
  return best_hz;
}

// A fifth of a second or so away from the beginning and the end, where filters and encoders settle.
inline std::span<const float> middle(std::span<const float> samples) {
  constexpr size_t kMost = 5000;
  const size_t count = std::min(samples.size() / 2, kMost);
  return samples.subspan((samples.size() - count) / 2, count);
}

}  // namespace orpheus::audio
