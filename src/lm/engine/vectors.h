#pragma once
// Vectors as wide as the registers of a level of processors, by the compiler's vector types: the
// same source serves AVX-512, AVX2, SSE and NEON. kLanes is the number of doubles in a register.
// Internal to the source that is compiled for each level.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace orpheus::engine::ORPHEUS_LEVEL {

inline constexpr size_t kLanes = ORPHEUS_VECTOR_BYTES / sizeof(double);

using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Longs = int64_t __attribute__((vector_size(kLanes * sizeof(int64_t))));
// As many floats and integers as there are doubles: half a register.
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Integers = int32_t __attribute__((vector_size(kLanes * sizeof(int32_t))));
// A whole register of floats.
using WideFloats = float __attribute__((vector_size(2 * kLanes * sizeof(float))));

template <typename Vector, typename Value>
Vector load(const Value* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

template <typename Vector, typename Value>
void store(Value* to, Vector vector) {
  std::memcpy(to, &vector, sizeof(vector));
}

}  // namespace orpheus::engine::ORPHEUS_LEVEL
