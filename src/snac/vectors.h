#pragma once
// Vectors as wide as the processor's registers, by the compiler's vector types: the same source
// serves AVX-512, AVX2, SSE and NEON.

#include <cstring>

namespace orpheus::snac {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#elif defined(__AVX__)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;
#endif

using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

inline Floats load(const float* from) {
  Floats value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(float* to, Floats value) { std::memcpy(to, &value, sizeof(value)); }

// The number of channels in memory: rows are padded with zeros to whole vectors.
inline constexpr int padded(int channels) { return (channels + kLanes - 1) / kLanes * kLanes; }

}  // namespace orpheus::snac
