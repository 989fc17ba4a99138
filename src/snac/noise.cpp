#include "snac/noise.h"

#include <algorithm>

#include "base/philox.h"

namespace orpheus::snac {

NoiseSource seeded_noise(uint64_t seed) {
  return [seed](int block, int64_t first_step, std::span<float> values) {
    // Four steps share one block of random words.
    for (size_t i = 0; i < values.size();) {
      const auto step = static_cast<uint64_t>(first_step) + i;
      const auto words = philox(seed, step / 4, static_cast<uint64_t>(block));
      const auto low = normal_pair(words[0], words[1]);
      const auto high = normal_pair(words[2], words[3]);
      const float four[] = {low[0], low[1], high[0], high[1]};
      for (uint64_t lane = step % 4; lane < 4 && i < values.size(); ++lane, ++i)
        values[i] = four[lane];
    }
  };
}

NoiseSource no_noise() {
  return
      [](int, int64_t, std::span<float> values) { std::fill(values.begin(), values.end(), 0.0F); };
}

}  // namespace orpheus::snac
