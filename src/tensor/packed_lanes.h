#pragma once
// A register of 32-bit lanes, one for each row of a panel of weights: sixteen with AVX-512, eight
// with AVX2. Internal to the packed matrices and the attention.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <immintrin.h>

namespace orpheus::tensor::lanes {

inline int32_t read_i32(const void* from) {
  int32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

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
#define ORPHEUS_LANES_DOT_BYTES

#else

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

#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
#define ORPHEUS_LANES_DOT_BYTES
inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  return _mm256_dpbusd_epi32(sum, weights, _mm256_set1_epi32(read_i32(input)));
}
#elif defined(__AVXVNNI__)
#define ORPHEUS_LANES_DOT_BYTES
inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  return _mm256_dpbusd_avx_epi32(sum, weights, _mm256_set1_epi32(read_i32(input)));
}
#endif

#endif

// dots(): each lane multiplies its bytes by the inputs (-127 … 127, the same in all lanes) and
// adds. A lane of each of the kCount weights registers has four bytes, for four inputs. kValues:
// the largest of unsigned bytes, or kSigned for what signed_bytes() made of signed ones. Such a dot
// has kSignedOffset times the sum of the inputs too much. add_dots(): sum + multipliers · dots().
inline constexpr int kSigned = -1;
#ifdef ORPHEUS_LANES_DOT_BYTES

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

#else

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

#endif
#undef ORPHEUS_LANES_DOT_BYTES

}  // namespace orpheus::tensor::lanes
