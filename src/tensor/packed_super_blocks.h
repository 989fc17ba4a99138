#pragma once
// Blocks of 256 weights: float16 scales of the block, and integer scales of 16 or 32 weights. The
// types are in packed_super_types.h. Everything within a block is added in integers, so it is
// exact. Internal to the packed matrices.

#include <array>
#include <cstring>

#include "tensor/packed_bits.h"
#include "tensor/packed_inputs.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

// value = d · s · (q − Type::kOffset) or d · s · q − m · min for a type with mins; s and min are
// of a part of a unit. In memory: d, m, the scales of parts, the weights of eight units.
template <typename Type>
struct SuperBlock {
  static constexpr Blocks kBlocks = Blocks::k256;
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

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
