#include "convert/random_weights.h"

#include <array>

#include "base/philox.h"

namespace orpheus::convert {
namespace {

// One word a value, four words a block.
template <typename Meaning>
void fill(RandomStream random, uint64_t first, std::span<float> values, Meaning meaning) {
  std::array<uint32_t, 4> block{};
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t position = first + i;
    if (i == 0 || position % 4 == 0) block = philox(random.seed, position / 4, random.stream);
    values[i] = meaning(block[position % 4]);
  }
}

// The sum of a word's four bytes: nearly normal and exact. A true normal draw uses logarithm and
// cosine, which differ between libraries in the last bit.
constexpr int kByteSumMean = 510;
constexpr float kByteSumDeviation = 147.800541F;  // √(4 · (256² − 1) / 12)

int byte_sum(uint32_t word) {
  return static_cast<int>((word & 0xFFU) + (word >> 8U & 0xFFU) + (word >> 16U & 0xFFU) +
                          (word >> 24U));
}

}  // namespace

void fill_normal(RandomStream random, uint64_t first, float deviation, std::span<float> values) {
  const float scale = deviation / kByteSumDeviation;
  fill(random, first, values, [scale](uint32_t word) {
    return static_cast<float>(byte_sum(word) - kByteSumMean) * scale;
  });
}

void fill_uniform(RandomStream random, uint64_t first, float low, float high,
                  std::span<float> values) {
  fill(random, first, values,
       [low, high](uint32_t word) { return low + (high - low) * uniform_float(word); });
}

}  // namespace orpheus::convert
