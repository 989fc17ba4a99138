#pragma once
// Vectors as wide as the registers of a level of processors, by the compiler's vector types: the
// same source serves AVX-512, AVX2, SSE and NEON. Internal to the sources that are compiled for
// each level.

#include <cstring>

namespace orpheus::snac::ORPHEUS_LEVEL {

inline constexpr int kLanes = ORPHEUS_VECTOR_BYTES / sizeof(float);

using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

inline Floats load(const float* from) {
  Floats value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(float* to, Floats value) { std::memcpy(to, &value, sizeof(value)); }

}  // namespace orpheus::snac::ORPHEUS_LEVEL
