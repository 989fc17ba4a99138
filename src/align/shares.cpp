#include "align/shares.h"

#include <algorithm>

namespace orpheus::align {
namespace {

bool is_usable(std::span<const float> weights, size_t num_rows) {
  return weights.size() == num_rows && std::all_of(weights.begin(), weights.end(), [](float x) {
           return x >= 0.0F && x <= 1.0F;  // false for NaN
         });
}

}  // namespace

std::array<Shares, kHalvesPerFrame> halves_of(
    const std::array<std::span<const float>, prompt::kSlotsPerFrame>& weights, size_t num_rows) {
  std::array<Shares, kHalvesPerFrame> halves;
  std::array<int32_t, kHalvesPerFrame> counts{};
  for (size_t slot = 0; slot < weights.size(); ++slot) {
    if (num_rows == 0 || !is_usable(weights[slot], num_rows)) continue;
    Shares& half = halves[half_of_slot(slot)];
    half.resize(num_rows);
    ++counts[half_of_slot(slot)];
    for (size_t row = 0; row < num_rows; ++row)
      half[row] += static_cast<int32_t>(weights[slot][row] * static_cast<float>(kWhole));
  }
  for (size_t i = 0; i < halves.size(); ++i)
    for (int32_t& share : halves[i]) share /= counts[i];
  return halves;
}

}  // namespace orpheus::align
