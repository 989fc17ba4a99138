// Input: any bytes as a sound file. Gives an error, or finite samples at a valid rate.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "audio/read_sound.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orpheus::audio;
  const auto sound = read_sound(std::as_bytes(std::span(data, size)), "fuzz");
  if (!sound) return 0;
  if (sound->samples.empty()) std::abort();
  if (sound->sample_rate_hz < kLeastFileRateHz || sound->sample_rate_hz > kMostFileRateHz)
    std::abort();
  for (const float sample : sound->samples) {
    if (!std::isfinite(sample)) std::abort();
  }
  return 0;
}
