#pragma once
// The noise of a decoder's noise blocks: one standard normal value for each time step, shared by
// all channels. Its key is seed, block and absolute position, so a window of a stream gets exactly
// the values of the whole sound.

#include <cstdint>
#include <functional>
#include <span>

namespace orpheus::snac {

// Fills values with the noise of a block's steps first_step, first_step + 1, …; a pure function.
using NoiseSource = std::function<void(int block, int64_t first_step, std::span<float> values)>;

NoiseSource seeded_noise(uint64_t seed);
NoiseSource no_noise();

}  // namespace orpheus::snac
