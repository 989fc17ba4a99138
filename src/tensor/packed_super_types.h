#pragma once
// The types with blocks of 256 weights, for SuperBlock: where a file's block has its bits, and how
// scales are stored in a panel. Internal to the packed matrices.

#include <array>
#include <cstring>

#include "tensor/packed_bits.h"
#include "tensor/packed_inputs.h"
#include "tensor/packed_small_blocks.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

// Adds bits of 32 bytes to 32 weights: those of mask, behind `shift` others, moved to bit `to`.
inline void add_bits(const uint8_t* from, size_t shift, uint64_t mask, size_t to,
                     uint8_t* weights) {
  for (size_t i = 0; i < kUnit; i += sizeof(uint64_t)) {
    uint64_t bytes = 0;
    uint64_t sum = 0;
    std::memcpy(&bytes, from + i, sizeof(bytes));
    std::memcpy(&sum, weights + i, sizeof(sum));
    sum |= (bytes >> shift & mask * 0x0101010101010101U) << to;
    std::memcpy(weights + i, &sum, sizeof(sum));
  }
}

// Four scales and mins of 6 bits, and then four more whose high bits are with the first ones'.
inline void unpack_scales_and_mins(const uint8_t* from, uint8_t* scales) {
  for (size_t j = 0; j < 4; ++j) {
    scales[j] = from[j] & 63U;
    scales[j + 8] = from[j + 4] & 63U;
    const unsigned last = from[j + 8];
    scales[j + 4] = static_cast<uint8_t>((last & 15U) | unsigned{from[j]} >> 6U << 4U);
    scales[j + 12] = static_cast<uint8_t>(last >> 4U | unsigned{from[j + 4]} >> 6U << 4U);
  }
}

// kScales signed scales of 6 bits, less than 32 from zero: two to a byte with their low halves,
// then four to a byte with the rest.
template <size_t kScales>
struct SixBits {
  static constexpr size_t kBytes = kScales / 2 + kScales / 4;

  template <typename Scale>
  static void pack(const Scale& scale, uint8_t* to) {
    std::memset(to, 0, kBytes);
    for (size_t i = 0; i < kScales; ++i) {
      const unsigned value = scale(i);
      to[i / 2] |= static_cast<uint8_t>((value & 15U) << (i % 2 * 4));
      to[kScales / 2 + i / 4] |= static_cast<uint8_t>(value >> 4U << (i % 4 * 2));
    }
  }

  static lanes::Integers load(const uint8_t* from, size_t i) {
    const lanes::Integers low = lanes::widen_u8(from + i / 2 * kRows);
    const lanes::Integers high = lanes::widen_u8(from + (kScales / 2 + i / 4) * kRows);
    return lanes::plus(
        lanes::either(lanes::low_bits(lanes::shift_right_by(low, static_cast<int>(i % 2 * 4)), 15),
                      lanes::low_bits(lanes::shift_right_by(lanes::shift_left<4>(high),
                                                            static_cast<int>(i % 4 * 2)),
                                      48)),
        -32);
  }
};

struct Q2_K {
  static constexpr size_t kSourceBytes = 84;
  static constexpr size_t kSourceD = 80;
  using Stored = UnitBits<2, 0>;
  static constexpr int kValues = Stored::kLargest;
  static constexpr bool kHasMins = true;
  static constexpr int kOffset = 0;
  static constexpr size_t kParts = 2;
  static constexpr size_t kScaleBytes = 16;  // the low half is s, the high half min

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t k = 0; k < kSuper; k += kUnit)
      add_bits(source + 16 + k / 128 * 32, k % 128 / 32 * 2, 3, 0, weights + k);
  }
  static void unpack_scales(const uint8_t* source, uint8_t* scales) {
    std::memcpy(scales, source, kScaleBytes);
  }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
  static lanes::Integers scale(const uint8_t* scales, size_t part) {
    return lanes::low_bits(lanes::widen_u8(scales + part * kRows), 15);
  }
  static lanes::Integers min(const uint8_t* scales, size_t part) {
    return lanes::shift_right<4>(lanes::widen_u8(scales + part * kRows));
  }
};

struct Q3_K {
  static constexpr size_t kSourceBytes = 110;
  static constexpr size_t kSourceD = 108;
  using Stored = UnitBits<2, 1>;
  static constexpr int kValues = Stored::kLargest;
  static constexpr bool kHasMins = false;
  static constexpr int kOffset = 4;
  static constexpr size_t kParts = 2;
  static constexpr size_t kScaleBytes = SixBits<16>::kBytes;

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t k = 0; k < kSuper; k += kUnit) {
      add_bits(source + 32 + k / 128 * 32, k % 128 / 32 * 2, 3, 0, weights + k);
      add_bits(source, k / 32, 1, 2, weights + k);
    }
  }
  static void unpack_scales(const uint8_t* source, uint8_t* scales) {
    const uint8_t* from = source + 96;
    SixBits<16>::pack(
        [&](size_t i) {
          return (unsigned{from[i % 8]} >> (i / 8 * 4) & 15U) |
                 (unsigned{from[8 + i % 4]} >> (i / 4 * 2) & 3U) << 4U;
        },
        scales);
  }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
  static lanes::Integers scale(const uint8_t* scales, size_t part) {
    return SixBits<16>::load(scales, part);
  }
};

// Eight scales and eight mins, a byte each.
struct ScalesAndMins {
  static constexpr size_t kSourceD = 0;
  static constexpr bool kHasMins = true;
  static constexpr int kOffset = 0;
  static constexpr size_t kParts = 1;
  static constexpr size_t kScaleBytes = 16;
  static void unpack_scales(const uint8_t* source, uint8_t* scales) {
    unpack_scales_and_mins(source + 4, scales);
  }
  static lanes::Integers scale(const uint8_t* scales, size_t part) {
    return lanes::widen_u8(scales + part * kRows);
  }
  static lanes::Integers min(const uint8_t* scales, size_t part) {
    return lanes::widen_u8(scales + (8 + part) * kRows);
  }
};

struct Q4_K : ScalesAndMins {
  static constexpr size_t kSourceBytes = 144;
  using Stored = UnitBits<4, 0>;
  static constexpr int kValues = Stored::kLargest;

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t k = 0; k < kSuper; k += kUnit)
      add_bits(source + 16 + k / 64 * 32, k % 64 / 32 * 4, 15, 0, weights + k);
  }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
};

struct Q5_K : ScalesAndMins {
  static constexpr size_t kSourceBytes = 176;
  using Stored = UnitBits<4, 1>;
  static constexpr int kValues = Stored::kLargest;

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t k = 0; k < kSuper; k += kUnit) {
      add_bits(source + 48 + k / 64 * 32, k % 64 / 32 * 4, 15, 0, weights + k);
      add_bits(source + 16, k / 32, 1, 4, weights + k);
    }
  }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
};

struct Q6_K {
  static constexpr size_t kSourceBytes = 210;
  static constexpr size_t kSourceD = 208;
  using Stored = UnitBits<4, 2>;
  static constexpr int kValues = Stored::kLargest;
  static constexpr bool kHasMins = false;
  static constexpr int kOffset = 32;
  static constexpr size_t kParts = 2;
  static constexpr size_t kScaleBytes = 16;

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t k = 0; k < kSuper; k += kUnit) {
      add_bits(source + k / 128 * 64 + k % 64, k % 128 / 64 * 4, 15, 0, weights + k);
      add_bits(source + 128 + k / 128 * 32, k % 128 / 32 * 2, 3, 4, weights + k);
    }
  }
  static void unpack_scales(const uint8_t* source, uint8_t* scales) {
    std::memcpy(scales, source + 192, kScaleBytes);
  }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
  static lanes::Integers scale(const uint8_t* scales, size_t part) {
    return lanes::widen_i8(scales + part * kRows);
  }
};

struct IQ4_XS {
  static constexpr size_t kSourceBytes = 136;
  static constexpr size_t kSourceD = 0;
  using Stored = UnitBits<4, 0>;
  static constexpr int kValues = lanes::kSigned;
  static constexpr bool kHasMins = false;
  static constexpr int kOffset = lanes::kSignedOffset;
  static constexpr size_t kParts = 1;
  static constexpr size_t kScaleBytes = SixBits<8>::kBytes;

  static void unpack(const uint8_t* source, uint8_t* weights) {
    for (size_t unit = 0; unit < kSuper / kUnit; ++unit)
      unpack_halves(source + 8 + unit * 16, weights + unit * kUnit);
  }
  static void unpack_scales(const uint8_t* source, uint8_t* scales) {
    SixBits<8>::pack(
        [&](size_t i) {
          return (unsigned{source[4 + i / 2]} >> (i % 2 * 4) & 15U) |
                 (unsigned{source[2 + i / 4]} >> (i % 4 * 2) & 3U) << 4U;
        },
        scales);
  }
  static Unit load(const uint8_t* from) { return IQ4_NL::load(from); }
  static lanes::Integers scale(const uint8_t* scales, size_t part) {
    return SixBits<8>::load(scales, part);
  }
};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
