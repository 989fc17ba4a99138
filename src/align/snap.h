#pragma once
// Moves the ends of a word to the pauses beside it. A word from the model's attention is exact to
// half a frame; where it stands at a pause, the sound tells its ends more exactly. Pure; from any
// thread.

#include <cstdint>
#include <span>

namespace orpheus::align {

struct Samples {
  int64_t begin = 0;
  int64_t end = 0;
  bool operator==(const Samples&) const = default;
};

// The levels behind a word's end that the result depends on (estimate.h: PieceSound::levels).
inline constexpr int64_t kSnapLevels = 12;  // 120 ms

// levels: of the piece, from its first sample to its end or to kSnapLevels behind the word. An end
// in a pause, or a little beside one, moves to the pause's border. Silence of less than 80 ms is a
// part of a word. The word stays behind `earliest`, and does not become empty.
Samples snapped(Samples word, int64_t earliest, std::span<const float> levels);

}  // namespace orpheus::align
