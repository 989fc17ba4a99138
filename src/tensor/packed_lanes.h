#pragma once
// Sixteen lanes of 32 bits, one for each row of a panel of weights: one AVX-512 register, or two of
// AVX2. For packed_matrix.cpp alone.

#include <cstdint>
#include <cstring>

#include <immintrin.h>

namespace orpheus::tensor::lanes {

inline constexpr int kLanes = 16;

inline int32_t read_i32(const void* from) {
  int32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

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
inline Integers add(Integers x, Integers y) { return _mm512_add_epi32(x, y); }
// Each lane adds the product of its four unsigned bytes with four signed ones, the same in each.
inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  return _mm512_dpbusd_epi32(sum, weights, _mm512_set1_epi32(read_i32(input)));
}
inline Floats to_floats(Integers x) { return _mm512_cvtepi32_ps(x); }
inline Floats broadcast(float x) { return _mm512_set1_ps(x); }
inline Floats multiply(Floats x, Floats y) { return _mm512_mul_ps(x, y); }
inline Floats multiply_add(Floats x, Floats y, Floats sum) { return _mm512_fmadd_ps(x, y, sum); }
inline Floats subtract_product(Floats sum, Floats x, Floats y) {
  return _mm512_fnmadd_ps(x, y, sum);
}
inline Floats load_halves(const uint8_t* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Floats load_u8(const uint8_t* from) {
  return to_floats(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}
inline Floats load_i8(const uint8_t* from) {
  return to_floats(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}
inline void store(float* to, Floats x) { _mm512_storeu_ps(to, x); }
inline constexpr bool kDotsWholeBytes = true;

#else

struct Integers {
  __m256i low;
  __m256i high;
};
struct Floats {
  __m256 low;
  __m256 high;
};

inline Integers zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline Floats zero_floats() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Integers load(const uint8_t* from) {
  const auto* vectors = reinterpret_cast<const __m256i*>(from);
  return {_mm256_loadu_si256(vectors), _mm256_loadu_si256(vectors + 1)};
}
inline Integers low_bits(Integers x, int mask) {
  const __m256i bits = _mm256_set1_epi8(static_cast<char>(mask));
  return {_mm256_and_si256(x.low, bits), _mm256_and_si256(x.high, bits)};
}
template <int kBits>
Integers shift_right(Integers x) {
  return {_mm256_srli_epi16(x.low, kBits), _mm256_srli_epi16(x.high, kBits)};
}
template <int kBits>
Integers shift_left(Integers x) {
  return {_mm256_slli_epi16(x.low, kBits), _mm256_slli_epi16(x.high, kBits)};
}
inline Integers either(Integers x, Integers y) {
  return {_mm256_or_si256(x.low, y.low), _mm256_or_si256(x.high, y.high)};
}
inline Integers add(Integers x, Integers y) {
  return {_mm256_add_epi32(x.low, y.low), _mm256_add_epi32(x.high, y.high)};
}
inline __m256i dot(__m256i sum, __m256i weights, __m256i input) {
#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
  return _mm256_dpbusd_epi32(sum, weights, input);
#else
  // Pairs are added up in 16 bits: weights below 128 leave them room.
  const __m256i pairs = _mm256_maddubs_epi16(weights, input);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
}
inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  const __m256i inputs = _mm256_set1_epi32(read_i32(input));
  return {dot(sum.low, weights.low, inputs), dot(sum.high, weights.high, inputs)};
}
inline Floats to_floats(Integers x) {
  return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)};
}
inline Floats broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Floats multiply(Floats x, Floats y) {
  return {_mm256_mul_ps(x.low, y.low), _mm256_mul_ps(x.high, y.high)};
}
inline Floats multiply_add(Floats x, Floats y, Floats sum) {
  return {_mm256_fmadd_ps(x.low, y.low, sum.low), _mm256_fmadd_ps(x.high, y.high, sum.high)};
}
inline Floats subtract_product(Floats sum, Floats x, Floats y) {
  return {_mm256_fnmadd_ps(x.low, y.low, sum.low), _mm256_fnmadd_ps(x.high, y.high, sum.high)};
}
inline Floats load_halves(const uint8_t* from) {
  const auto* vectors = reinterpret_cast<const __m128i*>(from);
  return {_mm256_cvtph_ps(_mm_loadu_si128(vectors)), _mm256_cvtph_ps(_mm_loadu_si128(vectors + 1))};
}
inline Floats load_u8(const uint8_t* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return to_floats({_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))});
}
inline Floats load_i8(const uint8_t* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return to_floats({_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))});
}
inline void store(float* to, Floats x) {
  _mm256_storeu_ps(to, x.low);
  _mm256_storeu_ps(to + 8, x.high);
}
inline constexpr bool kDotsWholeBytes = false;

#endif

}  // namespace orpheus::tensor::lanes
