#pragma once
// The noise that a decoder's noise blocks multiply in: one standard normal value per time step,
// shared by all channels. It is keyed by seed, block and absolute position, so a window of a stream
// gets the very values that the whole has.

#include <cstdint>
#include <functional>
#include <span>

namespace orpheus::snac {

// Fills values with the noise of a block's steps first_step, first_step + 1, …; a pure function.
using NoiseSource = std::function<void(int block, int64_t first_step, std::span<float> values)>;

NoiseSource seeded_noise(uint64_t seed);
NoiseSource no_noise();

}  // namespace orpheus::snac
