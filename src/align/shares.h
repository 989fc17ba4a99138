#pragma once
// The attention of the tokens of a frame, as the path reads it: pooled into half frames and rounded
// to whole numbers. All arithmetic behind this is in integers, so that equal weights give equal
// decisions on every machine. Pure functions: may be called from any thread.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "prompt/token.h"

namespace orpheus::align {

// A share is a part of this. A row of shares holds one for each row of the text and sums to kWhole
// about. An empty row: nothing is known.
inline constexpr int32_t kWhole = 1 << 16;
using Shares = std::vector<int32_t>;

// Half a frame is the time of one code of the middle codebook: 1024 samples. Slots 0 … 3 belong to
// the first half, slots 4 … 6 to the second.
inline constexpr int kHalvesPerFrame = 2;
inline constexpr int kSamplesPerHalf = 1024;
constexpr size_t half_of_slot(size_t slot) { return slot < 4 ? 0 : 1; }

// The weights of the seven tokens of a frame (GeneratedToken::text_weights), slot 0 first → its two
// halves. Tokens without weights, with other than num_rows weights or with weights that are not
// numbers of 0 … 1 are left out.
std::array<Shares, kHalvesPerFrame> halves_of(
    const std::array<std::span<const float>, prompt::kSlotsPerFrame>& weights, size_t num_rows);

}  // namespace orpheus::align
