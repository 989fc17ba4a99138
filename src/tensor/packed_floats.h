#pragma once
// Formats of 16-bit floats. Inputs are rounded to the same floats; products and sums are 32-bit
// floats. Internal to the packed matrices.

#include <array>
#include <cstring>

#include "tensor/packed_bits.h"
#include "tensor/packed_inputs.h"

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

struct F16 {
  static constexpr Blocks kBlocks = Blocks::kF16;
  static lanes::Floats load(const uint8_t* from) { return lanes::load_halves(from); }
};

struct BF16 {
  static constexpr Blocks kBlocks = Blocks::kBf16;
  static lanes::Floats load(const uint8_t* from) { return lanes::load_bf16(from); }
};

// In memory: a weight of every row, for one input after the other. In each block, the products of
// even inputs are added to the row's result, those of odd inputs to a second sum, then this sum: a
// core computes the two at the same time.
template <typename Type>
struct FloatBlock {
  static constexpr Blocks kBlocks = Type::kBlocks;
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = kBlock * 2;
  static constexpr size_t kBytes = kRows * kSourceBytes;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    for (size_t k = 0; k < kBlock; ++k) std::memcpy(to + (k * kRows + lane) * 2, source + k * 2, 2);
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    size_t c = 0;
    for (; c + kTogether <= columns.count; c += kTogether)
      add_to<kTogether>(block, index, columns, c, results);
    for (; c + 2 <= columns.count; c += 2) add_to<2>(block, index, columns, c, results);
    if (c < columns.count) add_to<1>(block, index, columns, c, results);
  }

 private:
  // Columns that share a load of weights: their sums stay in registers.
  static constexpr size_t kTogether = kRows == 16 ? 8 : 6;

  template <size_t kColumns, typename Count>
  static void add_to(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                     size_t first, Results& results) {
    std::array<const float*, kColumns> inputs;
    std::array<lanes::Floats, kColumns> even;
    std::array<lanes::Floats, kColumns> odd;
    for (size_t c = 0; c < kColumns; ++c) {
      inputs[c] = columns.floats(first + c, index * kBlock);
      even[c] = results[first + c];
      odd[c] = lanes::zero_floats();
    }
    const auto add_products = [&](size_t k, std::array<lanes::Floats, kColumns>& sums) {
      const lanes::Floats weights = Type::load(block + k * kRows * 2);
#pragma GCC unroll 8
      for (size_t c = 0; c < kColumns; ++c)
        sums[c] = lanes::multiply_add(weights, lanes::broadcast(inputs[c][k]), sums[c]);
    };
    for (size_t k = 0; k < kBlock; k += 2) {
      add_products(k, even);
      add_products(k + 1, odd);
    }
    for (size_t c = 0; c < kColumns; ++c) results[first + c] = lanes::add(even[c], odd[c]);
  }
};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
