#pragma once
// Formats with 32 weights to a float16 scale. A format defines the memory layout of a block of a
// panel's rows, how it is packed, and what it adds to the results of the columns. Internal to the
// packed matrices.

#include <array>
#include <cstring>

#include "tensor/packed_bits.h"
#include "tensor/packed_inputs.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

// value = d · (q − Type::kOffset). The weights follow the scales.
template <typename Type>
struct SmallBlock {
  static constexpr Blocks kBlocks = Blocks::k32;
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = Type::kSourceBytes;
  static constexpr size_t kWeights = kRows * 2;
  static constexpr size_t kBytes = kWeights + Type::Stored::kBytes;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    std::array<uint8_t, kUnit> weights;
    Type::unpack(source + 2, weights.data());
    Type::Stored::pack(weights.data(), lane, to + kWeights);
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    const Unit weights = Type::load(block + kWeights);
    const lanes::Floats scale = lanes::load_halves(block);
    for (size_t c = 0; c < columns.count; ++c) {
      lanes::Floats sum = lanes::to_floats(
          lanes::dots<Type::kValues, kGroups>(weights.data(), columns.inputs(c, index * kBlock)));
      if constexpr (Type::kOffset != 0)
        sum = lanes::subtract(sum, lanes::broadcast(Type::kOffset * columns.sum_of_32(c, index)));
      const lanes::Floats both = lanes::multiply(scale, lanes::broadcast(columns.scale(c, index)));
      results[c] = lanes::multiply_add(sum, both, results[c]);
    }
  }
};

// The low halves of 16 bytes, then their high halves.
inline void unpack_halves(const uint8_t* source, uint8_t* weights) {
  for (size_t i = 0; i < 16; ++i) {
    weights[i] = source[i] & 0x0FU;
    weights[i + 16] = source[i] >> 4U;
  }
}

struct Q4_0 {
  static constexpr size_t kSourceBytes = 18;
  using Stored = UnitBits<4, 0>;
  static constexpr int kValues = 15;
  static constexpr int kOffset = 8;
  static void unpack(const uint8_t* source, uint8_t* weights) { unpack_halves(source, weights); }
  static Unit load(const uint8_t* from) { return Stored::load(from); }
};

struct Q8_0 {
  static constexpr size_t kSourceBytes = 34;
  using Stored = UnitBits<8, 0>;
  static constexpr int kValues = lanes::kSigned;
  static constexpr int kOffset = lanes::kSignedOffset;
  static void unpack(const uint8_t* source, uint8_t* weights) {
    std::memcpy(weights, source, kUnit);
  }
  static Unit load(const uint8_t* from) {
    Unit weights = Stored::load(from);
    for (Group& group : weights) group = lanes::signed_bytes(group);
    return weights;
  }
};

// The values of ggml's four-bit types that are not linear.
inline constexpr std::array<int8_t, 16> kNotLinear = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                      1,    13,   25,  38,  53,  69,  89,  113};

struct IQ4_NL {
  static constexpr size_t kSourceBytes = 18;
  using Stored = UnitBits<4, 0>;
  static constexpr int kValues = lanes::kSigned;
  static constexpr int kOffset = lanes::kSignedOffset;
  static void unpack(const uint8_t* source, uint8_t* weights) { unpack_halves(source, weights); }
  static Unit load(const uint8_t* from) {
    const Group table = lanes::signed_bytes(lanes::table_of(kNotLinear));
    Unit weights = Stored::load(from);
    for (Group& group : weights) group = lanes::chosen(table, group);
    return weights;
  }
};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
