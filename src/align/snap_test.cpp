#include "align/snap.h"

#include <vector>

#include <gtest/gtest.h>

#include "align/estimate.h"

namespace orpheus::align {
namespace {

constexpr int64_t kLevel = kSamplesPerLevel;

// In turn sound and silence, in levels.
std::vector<float> levels_of(std::initializer_list<int> stretches) {
  std::vector<float> levels;
  bool is_sound = true;
  for (const int count : stretches) {
    levels.insert(levels.end(), static_cast<size_t>(count), is_sound ? 0.2F : 0.001F);
    is_sound = !is_sound;
  }
  return levels;
}

// The model looks at the first letter during the silence before it.
TEST(Snap, TheFirstWordBeginsWithItsSound) {
  const auto levels = levels_of({0, 6, 30, 20});
  EXPECT_EQ(snapped({0, 40 * kLevel}, 0, levels), (Samples{6 * kLevel, 36 * kLevel}));
}

TEST(Snap, APauseEndsWords) {
  const auto levels = levels_of({30, 15, 40});
  EXPECT_EQ(snapped({10 * kLevel, 33 * kLevel}, 0, levels), (Samples{10 * kLevel, 30 * kLevel}));
  EXPECT_EQ(snapped({10 * kLevel, 28 * kLevel}, 0, levels), (Samples{10 * kLevel, 30 * kLevel}));
  EXPECT_EQ(snapped({43 * kLevel, 70 * kLevel}, 0, levels), (Samples{45 * kLevel, 70 * kLevel}));
  EXPECT_EQ(snapped({48 * kLevel, 70 * kLevel}, 0, levels), (Samples{45 * kLevel, 70 * kLevel}));
}

// "the table": the closure before t is silent and belongs to the word.
TEST(Snap, AConsonantsClosureIsNoPause) {
  const auto levels = levels_of({30, 6, 40});
  EXPECT_EQ(snapped({30 * kLevel, 70 * kLevel}, 0, levels), (Samples{30 * kLevel, 70 * kLevel}));
}

TEST(Snap, WordsStayInOrderAndAreNotEmpty) {
  const auto levels = levels_of({5, 60, 5});
  EXPECT_EQ(snapped({20 * kLevel, 30 * kLevel}, 0, levels), (Samples{20 * kLevel, 30 * kLevel}));
  EXPECT_EQ(snapped({3 * kLevel, 30 * kLevel}, 4 * kLevel, levels),
            (Samples{4 * kLevel, 30 * kLevel}));
  EXPECT_EQ(snapped({10, 500}, 700, {}), (Samples{700, 700}));
  EXPECT_EQ(snapped({0, 0}, 0, levels), (Samples{0, 0}));
}

// The speech tells a word when this much of its sound is known: what follows must not matter.
TEST(Snap, DependsOnALittleSoundBehindTheWord) {
  auto levels = levels_of({30, 60});
  const Samples word = snapped({10 * kLevel, 33 * kLevel}, 0, levels);
  levels.insert(levels.end(), 100, 0.9F);
  EXPECT_EQ(snapped({10 * kLevel, 33 * kLevel}, 0, levels), word);
  levels.resize(33 + kSnapLevels);
  EXPECT_EQ(snapped({10 * kLevel, 33 * kLevel}, 0, levels), word);
}

}  // namespace
}  // namespace orpheus::align
