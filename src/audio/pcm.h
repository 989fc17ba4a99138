#pragma once
// Converts samples to signed 16-bit integers, the form of WAV files and OpenAI's pcm.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace orpheus::audio {

// Scales by 32767, rounds to nearest (of two equally near ones to the even), clamps; NaN becomes
// silence. There is no branch and no call, so compilers vectorise it. Two facts are used: the bits
// of floats without their sign are ordered like the floats, and adding 1.5 · 2²³ leaves the nearest
// integer in the lowest bits. (The sign is inserted between product and sum. So they cannot be
// fused into one operation, which would round once only.)
inline int16_t to_int16(float sample) {
  constexpr int32_t kInfinity = 0x7F800000;  // NaNs are above it
  constexpr float kNoFractions = 12'582'912.0F;
  const auto bits = std::bit_cast<int32_t>(sample);
  const int32_t sign = bits & INT32_MIN;
  const int32_t size = bits & INT32_MAX;
  const int32_t none_if_nan = ~((kInfinity - size) >> 31);
  const int32_t within = std::min(size, std::bit_cast<int32_t>(1.0F)) & none_if_nan;
  const float scaled = std::bit_cast<float>(within) * 32767.0F;
  const float with_sign = std::bit_cast<float>(std::bit_cast<int32_t>(scaled) | sign);
  return static_cast<int16_t>(std::bit_cast<int32_t>(with_sign + kNoFractions));
}

// Appends little-endian bytes, two a sample.
inline void append_int16_bytes(std::span<const float> samples, std::vector<std::byte>& bytes) {
  const size_t begin = bytes.size();
  bytes.resize(begin + 2 * samples.size());
  std::byte* out = bytes.data() + begin;
  for (const float sample : samples) {
    const auto value = static_cast<uint16_t>(to_int16(sample));
    *out++ = static_cast<std::byte>(value & 0xFFU);
    *out++ = static_cast<std::byte>(value >> 8U);
  }
}

}  // namespace orpheus::audio
