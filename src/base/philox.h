#pragma once
// Random numbers as a pure function of a key and a counter: Philox 4x32-10 (Salmon, Moraes, Dror
// and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). There is no state: a draw
// depends on its counter alone. Any order, any thread.

#include <array>
#include <cstdint>

namespace orpheus {

// Four independent uniform 32-bit words for this key (a seed) and 128-bit counter.
std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_low, uint64_t counter_high);

// Uniform in [0, 1) with 24 bits: exact in float.
inline float uniform_float(uint32_t word) { return static_cast<float>(word >> 8U) * 0x1p-24F; }

// Uniform in [0, 1) with 53 bits from two words.
inline double uniform_double(uint32_t high, uint32_t low) {
  return static_cast<double>(((static_cast<uint64_t>(high) << 32U) | low) >> 11U) * 0x1p-53;
}

// Two standard normal values from two words (Box and Muller).
std::array<float, 2> normal_pair(uint32_t first, uint32_t second);

}  // namespace orpheus
