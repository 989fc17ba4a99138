#pragma once
// Random weights as a pure function of a seed, a stream (one for each tensor) and a position. The
// same bits on every platform, in any order, from any thread.

#include <cstdint>
#include <span>

namespace orpheus::convert {

struct RandomStream {
  uint64_t seed = 0;
  uint64_t stream = 0;
};

// Values first, first + 1, … of the stream: nearly normal with mean 0 and this standard deviation,
// cut off at 3.5 deviations.
void fill_normal(RandomStream random, uint64_t first, float deviation, std::span<float> values);

// The same, uniform from low up to high.
void fill_uniform(RandomStream random, uint64_t first, float low, float high,
                  std::span<float> values);

}  // namespace orpheus::convert
