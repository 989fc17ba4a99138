#pragma once
// A quantised column of inputs, as packed matrices read it. Internal to the packed matrices.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "tensor/processor_kernels.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

inline constexpr int64_t kSuper = 256;  // weights of a block of the K types and of IQ4_XS
inline constexpr int64_t kSmall = 32;   // of the other quantised types

inline constexpr size_t kMaxColumns = 32;  // they meet a block together and stay in a core's cache

// Byte offsets in a column of k32 or k256: int8 inputs, then their sums over 32 (float) and over
// 16 (int16), then the scales of its blocks (float).
struct ColumnLayout {
  ColumnLayout(Blocks blocks, int64_t num_inputs)
      : sums_of_32(num_inputs),
        sums_of_16(sums_of_32 + num_inputs / 32 * 4),
        scales(sums_of_16 + num_inputs / 16 * 2),
        bytes(scales + num_inputs / (blocks == Blocks::k256 ? kSuper : kSmall) * 4) {}
  int64_t sums_of_32;
  int64_t sums_of_16;
  int64_t scales;
  int64_t bytes;
};

// The columns that meet a block of weights together. Count is their number. Small numbers are
// constants, so the sums stay in registers.
template <typename Count>
struct Columns {
  Count count;
  const std::byte* const* quantised;
  const ColumnLayout& layout;

  const int8_t* inputs(size_t column, int64_t first) const {
    return reinterpret_cast<const int8_t*>(quantised[column] + first);
  }
  // The rounded inputs of kF16 or kBf16.
  const float* floats(size_t column, int64_t first) const {
    return reinterpret_cast<const float*>(quantised[column]) + first;
  }
  float scale(size_t column, int64_t block) const {
    return read_float(quantised[column] + layout.scales + block * 4);
  }
  float sum_of_32(size_t column, int64_t index) const {
    return read_float(quantised[column] + layout.sums_of_32 + index * 4);
  }
  // The sums over inputs 32 · index to 32 · index + 15, and over the next 16.
  const std::byte* two_sums_of_16(size_t column, int64_t index) const {
    return quantised[column] + layout.sums_of_16 + index * 4;
  }

 private:
  static float read_float(const std::byte* from) {
    float value = 0;
    std::memcpy(&value, from, sizeof(value));
    return value;
  }
};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
