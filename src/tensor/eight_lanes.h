#pragma once
// A register of eight 32-bit lanes, one for each row of a panel of weights: AVX2, FMA and F16C.
// Internal to the packed matrices and the attention, through lanes_avx2.h or lanes_avx_vnni.h.

#include <array>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "tensor/lane_words.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

inline constexpr int kLanes = 8;
using Integers = __m256i;
using Floats = __m256;

inline Integers zero() { return _mm256_setzero_si256(); }
inline Floats zero_floats() { return _mm256_setzero_ps(); }
inline Integers load(const uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
inline Integers low_bits(Integers x, int mask) {
  return _mm256_and_si256(x, _mm256_set1_epi8(static_cast<char>(mask)));
}
template <int kBits>
Integers shift_right(Integers x) {
  return _mm256_srli_epi16(x, kBits);
}
template <int kBits>
Integers shift_left(Integers x) {
  return _mm256_slli_epi16(x, kBits);
}
inline Integers either(Integers x, Integers y) { return _mm256_or_si256(x, y); }
inline Integers flip_signs(Integers x) {
  return _mm256_xor_si256(x, _mm256_set1_epi8(static_cast<char>(0x80)));
}
// Picks of a table of sixteen bytes. index: bytes below 16.
inline Integers table_of(const std::array<int8_t, 16>& table) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}
inline Integers chosen(Integers table, Integers index) { return _mm256_shuffle_epi8(table, index); }
// 32-bit lanes.
inline Integers widen_u8(const uint8_t* from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
inline Integers widen_i8(const uint8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
inline Integers plus(Integers x, int y) { return _mm256_add_epi32(x, _mm256_set1_epi32(y)); }
inline Integers add(Integers x, Integers y) { return _mm256_add_epi32(x, y); }
inline Integers multiply(Integers x, Integers y) { return _mm256_mullo_epi32(x, y); }
template <int kFactor>
Integers subtract_times(Integers x, Integers y) {
  return _mm256_sub_epi32(x, multiply(y, _mm256_set1_epi32(kFactor)));
}
inline Integers shift_right_by(Integers x, int bits) {
  return _mm256_srl_epi32(x, _mm_cvtsi32_si128(bits));
}
// Pairs of 16 bits: x in the low halves, y in the high ones.
inline Integers pairs(Integers x, Integers y) {
  return _mm256_blend_epi16(x, _mm256_slli_epi32(y, 16), 0xAA);
}
inline Integers dot_pairs(Integers sum, Integers x, const void* two) {
  return add(sum, _mm256_madd_epi16(x, _mm256_set1_epi32(read_i32(two))));
}
inline Floats to_floats(Integers x) { return _mm256_cvtepi32_ps(x); }
inline Floats broadcast(float x) { return _mm256_set1_ps(x); }
inline Floats multiply(Floats x, Floats y) { return _mm256_mul_ps(x, y); }
inline Floats subtract(Floats x, Floats y) { return _mm256_sub_ps(x, y); }
inline Floats multiply_add(Floats x, Floats y, Floats sum) { return _mm256_fmadd_ps(x, y, sum); }
inline Floats subtract_product(Floats sum, Floats x, Floats y) {
  return _mm256_fnmadd_ps(x, y, sum);
}
inline Floats load_halves(const uint8_t* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
inline Floats rounded_to_half(Floats x) {
  return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
inline Floats load_bf16(const uint8_t* from) {
  const __m256i words =
      _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
}
inline void store(float* to, Floats x) { _mm256_storeu_ps(to, x); }
inline Floats load(const float* from) { return _mm256_loadu_ps(from); }
inline Floats add(Floats x, Floats y) { return _mm256_add_ps(x, y); }
inline Floats larger(Floats x, Floats y) { return _mm256_max_ps(x, y); }
inline Integers to_integers(Floats x) { return _mm256_cvtps_epi32(x); }
inline Floats times_two_to(Floats x, Integers power) {
  return _mm256_castsi256_ps(
      _mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(power, 23)));
}
// The sum of the lanes of each of four registers, always added in the same order.
inline __m128 sums(Floats a, Floats b, Floats c, Floats d) {
  const Floats all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes
