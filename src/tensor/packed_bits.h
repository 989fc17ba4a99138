#pragma once
// The bits of 32 weights of each row of a panel. Weights are in eight groups of four: a register of
// weights has one group of every row, a byte for a weight. In memory a byte holds the same weight
// of several groups, kBits each. Internal to the packed matrices.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "tensor/packed_inputs.h"

#include ORPHEUS_LANES

namespace orpheus::tensor::ORPHEUS_LEVEL::packed {

inline constexpr size_t kRows = lanes::kLanes;  // of a panel
inline constexpr size_t kRegister = kRows * 4;  // bytes: a group of every row
inline constexpr size_t kUnit = 32;             // weights of a row
inline constexpr size_t kGroups = kUnit / 4;

using Group = lanes::Integers;
using Unit = std::array<Group, kGroups>;
using Results = std::array<lanes::Floats, kMaxColumns>;  // of a panel's rows, for each column

// Weights of kLow + kHigh bits. A register of high bits comes before the registers of low bits that
// need it, so that memory is read in order: out of order, a core reached 14 instead of 19 GB/s.
template <int kLow, int kHigh>
struct UnitBits {
  static constexpr size_t kBytes = kRows * kUnit * (kLow + kHigh) / 8;
  static constexpr int kLargest = (1 << (kLow + kHigh)) - 1;

  // weights: 32 of a row, a byte each.
  static void pack(const uint8_t* weights, size_t lane, uint8_t* to) {
    std::array<uint32_t, kLow + kHigh> words = {};
    for (size_t group = 0; group < kGroups; ++group) {
      uint32_t bits = 0;
      std::memcpy(&bits, weights + group * 4, sizeof(bits));
      words[Low::word(group)] |= (bits & Low::kMask) << Low::shift(group);
      if constexpr (kHigh > 0)
        words[High::word(group)] |= (bits >> kLow & High::kMask) << High::shift(group);
    }
    for (size_t i = 0; i < words.size(); ++i)
      std::memcpy(to + i * kRegister + lane * 4, &words[i], sizeof(words[i]));
  }

  static Unit load(const uint8_t* from) {
    return [&]<size_t... kGroup>(std::index_sequence<kGroup...>) {
      return Unit{load_group<kGroup>(from)...};
    }
    (std::make_index_sequence<kGroups>());
  }

 private:
  // Where the bits of a group are.
  struct Low {
    static constexpr uint32_t kMask = ((1U << kLow) - 1U) * 0x01010101U;
    static constexpr size_t shift(size_t group) { return group % (8 / kLow) * kLow; }
    static constexpr size_t word(size_t group) {
      const size_t high_before = kHigh == 0 ? 0 : group * kHigh / 8 + 1;
      return group * kLow / 8 + high_before;
    }
  };
  struct High {
    static constexpr uint32_t kMask = ((1U << kHigh) - 1U) * 0x01010101U;
    static constexpr size_t shift(size_t group) { return group * kHigh % 8; }
    static constexpr size_t word(size_t group) {
      return group * kHigh / 8 * (1 + kLow / std::max(kHigh, 1));
    }
  };

  template <size_t kGroup>
  static Group load_group(const uint8_t* from) {
    const Group low = bits_at<Low::shift(kGroup), 0, kLow>(from + Low::word(kGroup) * kRegister);
    if constexpr (kHigh == 0) {
      return low;
    } else {
      return lanes::either(
          low, bits_at<High::shift(kGroup), kLow, kHigh>(from + High::word(kGroup) * kRegister));
    }
  }

  // kBits of each byte, moved from bit kFrom to bit kTo. The other bits are zero.
  template <size_t kFrom, size_t kTo, int kBits>
  static Group bits_at(const uint8_t* from) {
    constexpr int kMask = ((1 << kBits) - 1) << kTo;
    const Group bytes = lanes::load(from);
    if constexpr (kFrom >= kTo) {
      return lanes::low_bits(lanes::shift_right<kFrom - kTo>(bytes), kMask);
    } else {
      return lanes::low_bits(lanes::shift_left<kTo - kFrom>(bytes), kMask);
    }
  }
};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::packed
