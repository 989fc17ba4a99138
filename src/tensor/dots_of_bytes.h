#pragma once
// dots() of lanes with an instruction that multiplies bytes and adds four products to a lane:
// dot(). Internal to the lanes.

#include <cstddef>
#include <cstdint>

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

// dots(): each lane multiplies its bytes by the inputs (-127 … 127, the same in all lanes) and
// adds. A lane of each of the kCount weights registers has four bytes, for four inputs. kValues:
// the largest of unsigned bytes, or kSigned for what signed_bytes() made of signed ones. Such a dot
// has kSignedOffset times the sum of the inputs too much. add_dots(): sum + multipliers · dots().
inline constexpr int kSigned = -1;
inline constexpr int kSignedOffset = 128;
inline Integers signed_bytes(Integers x) { return flip_signs(x); }

template <int kValues, size_t kCount>
Integers dots(const Integers* weights, const int8_t* inputs) {
  Integers sum = zero();
#pragma GCC unroll 8
  for (size_t i = 0; i < kCount; ++i) sum = dot(sum, weights[i], inputs + i * 4);
  return sum;
}

using Multipliers = Integers;  // from 32-bit lanes
inline Multipliers multipliers(Integers x) { return x; }

template <int kValues, size_t kCount>
Integers add_dots(Integers sum, const Integers* weights, const int8_t* inputs, Multipliers by) {
  return add(sum, multiply(dots<kValues, kCount>(weights, inputs), by));
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes
