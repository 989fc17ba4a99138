#pragma once
// Eight lanes, with dot products of bytes by AVX2: pairs of products in 16 bits. Internal to the
// packed matrices and the attention.

#include "tensor/eight_lanes.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

// The same functions as in dots_of_bytes.h.
inline constexpr int kSigned = -1;
inline constexpr int kSignedOffset = 0;
inline Integers signed_bytes(Integers x) { return x; }

using Multipliers = Integers;  // twice in each lane
inline Multipliers multipliers(Integers x) { return pairs(x, x); }

// Pairs of products are added up in 16 bits as long as these cannot overflow, then multiplied and
// added up in 32 bits. The signs of signed weights are moved to the inputs.
template <int kValues, size_t kCount>
Integers add_dots(Integers sum, const Integers* weights, const int8_t* inputs, Multipliers by) {
  constexpr size_t kFit = 32767 / (2 * 127 * (kValues == kSigned ? 127 : kValues));
  static_assert(kFit >= 1);
  Integers pairs = zero();
#pragma GCC unroll 8
  for (size_t i = 0; i < kCount; ++i) {
    Integers input = _mm256_set1_epi32(read_i32(inputs + i * 4));
    Integers weight = weights[i];
    if constexpr (kValues == kSigned) {
      input = _mm256_sign_epi8(input, weight);
      weight = _mm256_abs_epi8(weight);
    }
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(weight, input));
    if ((i + 1) % kFit != 0 && i + 1 != kCount) continue;
    sum = add(sum, _mm256_madd_epi16(pairs, by));
    pairs = zero();
  }
  return sum;
}

template <int kValues, size_t kCount>
Integers dots(const Integers* weights, const int8_t* inputs) {
  return add_dots<kValues, kCount>(zero(), weights, inputs, _mm256_set1_epi16(1));
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes
