#pragma once
// A register of 32-bit lanes, one for each row of a panel of weights: sixteen with AVX-512.
// Internal to the packed matrices and the attention, which include the lanes of their level as
// ORPHEUS_LANES.

#include <array>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "tensor/lane_words.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

inline constexpr int kLanes = 16;
using Integers = __m512i;
using Floats = __m512;

inline Integers zero() { return _mm512_setzero_si512(); }
inline Floats zero_floats() { return _mm512_setzero_ps(); }
inline Integers load(const uint8_t* from) { return _mm512_loadu_si512(from); }
inline Integers low_bits(Integers x, int mask) {
  return _mm512_and_si512(x, _mm512_set1_epi8(static_cast<char>(mask)));
}
template <int kBits>
Integers shift_right(Integers x) {
  return _mm512_srli_epi16(x, kBits);
}
template <int kBits>
Integers shift_left(Integers x) {
  return _mm512_slli_epi16(x, kBits);
}
inline Integers either(Integers x, Integers y) { return _mm512_or_si512(x, y); }
inline Integers flip_signs(Integers x) {
  return _mm512_xor_si512(x, _mm512_set1_epi8(static_cast<char>(0x80)));
}
inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  return _mm512_dpbusd_epi32(sum, weights, _mm512_set1_epi32(read_i32(input)));
}
// Picks of a table of sixteen bytes. index: bytes below 16.
inline Integers table_of(const std::array<int8_t, 16>& table) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}
inline Integers chosen(Integers table, Integers index) { return _mm512_shuffle_epi8(table, index); }
// 32-bit lanes.
inline Integers widen_u8(const uint8_t* from) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
inline Integers widen_i8(const uint8_t* from) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
inline Integers plus(Integers x, int y) { return _mm512_add_epi32(x, _mm512_set1_epi32(y)); }
inline Integers add(Integers x, Integers y) { return _mm512_add_epi32(x, y); }
inline Integers multiply(Integers x, Integers y) { return _mm512_mullo_epi32(x, y); }
template <int kFactor>
Integers subtract_times(Integers x, Integers y) {
  return _mm512_sub_epi32(x, multiply(y, _mm512_set1_epi32(kFactor)));
}
inline Integers shift_right_by(Integers x, int bits) {
  return _mm512_srl_epi32(x, _mm_cvtsi32_si128(bits));
}
// Pairs of 16 bits: x in the low halves, y in the high ones.
inline Integers pairs(Integers x, Integers y) {
  return _mm512_mask_blend_epi16(0xAAAAAAAA, x, _mm512_slli_epi32(y, 16));
}
inline Integers dot_pairs(Integers sum, Integers x, const void* two) {
  return _mm512_dpwssd_epi32(sum, x, _mm512_set1_epi32(read_i32(two)));
}
inline Floats to_floats(Integers x) { return _mm512_cvtepi32_ps(x); }
inline Floats broadcast(float x) { return _mm512_set1_ps(x); }
inline Floats multiply(Floats x, Floats y) { return _mm512_mul_ps(x, y); }
inline Floats subtract(Floats x, Floats y) { return _mm512_sub_ps(x, y); }
inline Floats multiply_add(Floats x, Floats y, Floats sum) { return _mm512_fmadd_ps(x, y, sum); }
inline Floats subtract_product(Floats sum, Floats x, Floats y) {
  return _mm512_fnmadd_ps(x, y, sum);
}
inline Floats load_halves(const uint8_t* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Floats rounded_to_half(Floats x) {
  return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline Floats load_bf16(const uint8_t* from) {
  const __m512i words =
      _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}
inline void store(float* to, Floats x) { _mm512_storeu_ps(to, x); }
inline Floats load(const float* from) { return _mm512_loadu_ps(from); }
inline Floats add(Floats x, Floats y) { return _mm512_add_ps(x, y); }
inline Floats larger(Floats x, Floats y) { return _mm512_max_ps(x, y); }
inline Integers to_integers(Floats x) { return _mm512_cvtps_epi32(x); }
inline Floats times_two_to(Floats x, Integers power) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(power, 23)));
}
// The sum of the lanes of each of four registers, always added in the same order.
inline __m128 sums(Floats a, Floats b, Floats c, Floats d) {
  const Floats ab = add(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  const Floats cd = add(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
  Floats all = add(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
  all = add(all, _mm512_permute_ps(all, 0x4E));
  all = add(all, _mm512_permute_ps(all, 0xB1));
  const Integers firsts = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 8, 4, 0);
  return _mm512_castps512_ps128(_mm512_permutexvar_ps(firsts, all));
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes

#include "tensor/dots_of_bytes.h"
