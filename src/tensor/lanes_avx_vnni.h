#pragma once
// Eight lanes, with AVX-VNNI's dot products of bytes. Internal to the packed matrices and the
// attention.

#include "tensor/eight_lanes.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

inline Integers dot(Integers sum, Integers weights, const int8_t* input) {
  return _mm256_dpbusd_avx_epi32(sum, weights, _mm256_set1_epi32(read_i32(input)));
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes

#include "tensor/dots_of_bytes.h"
