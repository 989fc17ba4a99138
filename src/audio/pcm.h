#pragma once
// Samples as signed 16-bit integers, as WAV files and OpenAI's pcm have them.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace orpheus::audio {

// Scales by 32767, rounds to nearest, clamps; NaN becomes silence.
inline int16_t to_int16(float sample) {
  if (std::isnan(sample)) return 0;
  return static_cast<int16_t>(std::lrintf(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
}

// Appends little-endian bytes, two a sample.
inline void append_int16_bytes(std::span<const float> samples, std::vector<std::byte>& bytes) {
  for (const float sample : samples) {
    const auto value = static_cast<uint16_t>(to_int16(sample));
    bytes.push_back(static_cast<std::byte>(value & 0xFFU));
    bytes.push_back(static_cast<std::byte>(value >> 8U));
  }
}

}  // namespace orpheus::audio
