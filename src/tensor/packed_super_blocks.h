#pragma once
// Formats with 256 weights to a block: float16 scales of the block, and integer scales of 16 or 32
// weights. Everything within a block is added in integers, so it is exact. Internal to the packed
// matrices.

#include <array>
#include <cstring>

#include "tensor/packed_bits.h"
#include "tensor/packed_inputs.h"
#include "tensor/packed_small_blocks.h"

namespace orpheus::tensor::packed {

// value = d · s · (q − Type::kOffset) or d · s · q − m · min for a type with mins; s and min are
// of a part of a unit. In memory: d, m, the scales of parts, the weights of eight units.
template <typename Type>
struct SuperBlock {
  static constexpr PackedMatrix::Blocks kBlocks = PackedMatrix::Blocks::k256;
  static constexpr int64_t kBlock = kSuper;
  static constexpr size_t kSourceBytes = Type::kSourceBytes;
  static constexpr size_t kUnits = kSuper / kUnit;
  static constexpr bool kHasOffsets = Type::kHasMins || Type::kOffset != 0;
  static constexpr size_t kD = 0;
  static constexpr size_t kM = kRows * 2;
  static constexpr size_t kScales = kM + (Type::kHasMins ? kRows * 2 : 0);
  static constexpr size_t kHead = kScales + kRows * Type::kScaleBytes;
  static constexpr size_t kWeights = (kHead + kRegister - 1) / kRegister * kRegister;
  static constexpr size_t kBytes = kWeights + kUnits * Type::Stored::kBytes;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::array<uint8_t, kSuper> weights = {};
    Type::unpack(source, weights.data());
    for (size_t unit = 0; unit < kUnits; ++unit)
      Type::Stored::pack(weights.data() + unit * kUnit, lane,
                         to + kWeights + unit * Type::Stored::kBytes);
    std::array<uint8_t, Type::kScaleBytes> scales;
    Type::unpack_scales(source, scales.data());
    for (size_t i = 0; i < scales.size(); ++i) to[kScales + i * kRows + lane] = scales[i];
    std::memcpy(to + kD + lane * 2, source + Type::kSourceD, 2);
    if constexpr (Type::kHasMins) std::memcpy(to + kM + lane * 2, source + Type::kSourceD + 2, 2);
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    std::array<lanes::Integers, kMaxColumns> sums;
    for (size_t c = 0; c < columns.count; ++c) sums[c] = lanes::zero();
    std::array<lanes::Integers, kUnits> offsets;
    for (size_t unit = 0; unit < kUnits; ++unit) {
      if constexpr (kHasOffsets) offsets[unit] = offsets_of(block, unit);
      const auto first = index * kBlock + static_cast<int64_t>(unit * kUnit);
      add_unit(block, unit, first, columns, sums);
    }
    const lanes::Floats d = lanes::load_halves(block + kD);
    for (size_t c = 0; c < columns.count; ++c) {
      lanes::Integers offset = lanes::zero();
      if constexpr (kHasOffsets) {
#pragma GCC unroll 8
        for (size_t unit = 0; unit < kUnits; ++unit) {
          const auto at = index * static_cast<int64_t>(kUnits) + static_cast<int64_t>(unit);
          offset = lanes::dot_pairs(offset, offsets[unit], columns.two_sums_of_16(c, at));
        }
      }
      const lanes::Floats scale = lanes::broadcast(columns.scale(c, index));
      if constexpr (Type::kHasMins) {
        const lanes::Floats m = lanes::load_halves(block + kM);
        const lanes::Floats sum = lanes::subtract_product(
            lanes::multiply(lanes::to_floats(sums[c]), d), lanes::to_floats(offset), m);
        results[c] = lanes::multiply_add(sum, scale, results[c]);
      } else {
        const lanes::Floats sum =
            lanes::to_floats(lanes::subtract_times<Type::kOffset>(sums[c], offset));
        results[c] = lanes::multiply_add(sum, lanes::multiply(d, scale), results[c]);
      }
    }
  }

 private:
  // What the sums of a unit's inputs are multiplied by: for the first 16 and for the next.
  static lanes::Integers offsets_of(const uint8_t* block, size_t unit) {
    const auto of_part = [&](size_t part) {
      if constexpr (Type::kHasMins) {
        return Type::min(block + kScales, part);
      } else {
        return Type::scale(block + kScales, part);
      }
    };
    const size_t first = unit * Type::kParts;
    return lanes::pairs(of_part(first), of_part(first + Type::kParts - 1));
  }

  template <typename Count>
  static void add_unit(const uint8_t* block, size_t unit, int64_t first_input,
                       const Columns<Count>& columns,
                       std::array<lanes::Integers, kMaxColumns>& sums) {
    constexpr size_t kOfPart = kGroups / Type::kParts;
    const Unit weights = Type::load(block + kWeights + unit * Type::Stored::kBytes);
    std::array<lanes::Multipliers, Type::kParts> scales;
    for (size_t part = 0; part < Type::kParts; ++part)
      scales[part] = lanes::multipliers(Type::scale(block + kScales, unit * Type::kParts + part));
    for (size_t c = 0; c < columns.count; ++c) {
      const int8_t* inputs = columns.inputs(c, first_input);
#pragma GCC unroll 2
      for (size_t part = 0; part < Type::kParts; ++part) {
        sums[c] = lanes::add_dots<Type::kValues, kOfPart>(
            sums[c], weights.data() + part * kOfPart, inputs + part * kOfPart * 4, scales[part]);
      }
    }
  }
};

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

}  // namespace orpheus::tensor::packed
