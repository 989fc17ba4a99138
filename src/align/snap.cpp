#include "align/snap.h"

#include <algorithm>

#include "align/estimate.h"

namespace orpheus::align {
namespace {

constexpr float kLeastSound = 0.004F;
constexpr float kShareOfLoud = 0.04F;
constexpr int64_t kLeastPause = 8;  // levels
constexpr int64_t kBeside = 4;      // levels

// Levels from begin up to end; empty: none.
struct Pause {
  int64_t begin = 0;
  int64_t end = 0;
};

class Silence {
 public:
  explicit Silence(std::span<const float> levels) : levels_(levels) {
    const float loudest = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
    threshold_ = std::max(kLeastSound, kShareOfLoud * loudest);
  }

  // The pause at a level, or at the nearest level up to kBeside away. At the piece's ends, a short
  // one counts too.
  Pause near(int64_t level) const {
    for (int64_t away = 0; away <= kBeside; ++away) {
      for (const int64_t at : {level - away, level + away}) {
        if (!is_silent(at)) continue;
        Pause pause{at, at + 1};
        while (is_silent(pause.begin - 1)) --pause.begin;
        while (is_silent(pause.end)) ++pause.end;
        const bool is_at_an_end = pause.begin == 0 || pause.end == size();
        if (is_at_an_end || pause.end - pause.begin >= kLeastPause) return pause;
      }
    }
    return {};
  }

 private:
  int64_t size() const { return static_cast<int64_t>(levels_.size()); }
  bool is_silent(int64_t level) const {
    return level >= 0 && level < size() && levels_[static_cast<size_t>(level)] < threshold_;
  }

  std::span<const float> levels_;
  float threshold_ = 0;
};

}  // namespace

Samples snapped(Samples word, int64_t earliest, std::span<const float> levels) {
  const auto num_levels = std::min<int64_t>(static_cast<int64_t>(levels.size()),
                                            word.end / kSamplesPerLevel + kSnapLevels);
  const Silence silence(levels.first(static_cast<size_t>(std::max<int64_t>(0, num_levels))));
  Samples moved = word;
  const Pause before = silence.near(word.begin / kSamplesPerLevel);
  if (before.end > before.begin) moved.begin = before.end * kSamplesPerLevel;
  const Pause behind = silence.near((word.end - 1) / kSamplesPerLevel);
  if (behind.end > behind.begin) moved.end = behind.begin * kSamplesPerLevel;
  moved.begin = std::max(moved.begin, earliest);
  return moved.begin < moved.end
             ? moved
             : Samples{std::max(word.begin, earliest), std::max(word.end, earliest)};
}

}  // namespace orpheus::align
