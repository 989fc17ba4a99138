#include "lm/engine/lane_map.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

// Guards against a sequence whose lane is shorter than its speech.
TEST(LaneMap, ALaneIsAsLongAsItsSequence) {
  EXPECT_EQ(LaneMap::units_for(1, 256), 1);
  EXPECT_EQ(LaneMap::units_for(256, 256), 1);
  EXPECT_EQ(LaneMap::units_for(257, 256), 2);
  EXPECT_EQ(LaneMap::units_for(512, 256), 2);
  EXPECT_EQ(LaneMap::units_for(513, 256), 4);
  EXPECT_EQ(LaneMap::units_for(1024, 256), 4);
}

// Guards against lanes of equal length that are given in another order than before: the lowest is
// first, so that steps read few lanes.
TEST(LaneMap, OfLanesOfOneLengthTheLowestFreeOneIsFirst) {
  LaneMap map(3, 1);
  for (int lane = 0; lane < 3; ++lane) {
    ASSERT_EQ(map.find(1), lane);
    map.take(lane, 1, static_cast<lm::SequenceId>(lane) + 1);
  }
  EXPECT_FALSE(map.find(1));
  map.free(2);
  map.free(1);
  EXPECT_EQ(map.find(1), 0);
  EXPECT_EQ(map.find(1, 3), 0);
}

// Guards against short lanes that are spread so that no longer one fits.
TEST(LaneMap, ShortLanesFillTheFullestBlock) {
  LaneMap map(12, 4);
  map.take(4, 1, 1);
  EXPECT_EQ(map.find(1), 5);
  EXPECT_EQ(map.find(2), 6);
  EXPECT_EQ(map.find(4), 0);
}

// The property, over random lanes that come and go: lanes never overlap, begin where rows behind
// them exist, and a lane that was not found is nowhere.
TEST(LaneMap, LanesNeverOverlap) {
  constexpr int kUnits = 24;
  constexpr int kLongest = 4;
  std::mt19937 random(7);
  LaneMap map(kUnits, kLongest);
  std::map<lm::SequenceId, std::pair<int, int>> held;
  for (lm::SequenceId id = 1; id < 3000; ++id) {
    if (!held.empty() && random() % 2 == 0) {
      const auto gone = std::next(held.begin(), static_cast<int>(random() % held.size()));
      map.free(gone->first);
      held.erase(gone);
    }
    const int units = 1 << (random() % 3);
    const auto overlaps = [&](int first) {
      for (const auto& [other, lane] : held)
        if (first < lane.first + lane.second && lane.first < first + units) return true;
      return false;
    };
    const auto found = map.find(units);
    if (!found) {
      for (int first = 0; first + kLongest <= kUnits; first += units) EXPECT_TRUE(overlaps(first));
      continue;
    }
    EXPECT_FALSE(overlaps(*found));
    EXPECT_EQ(*found % units, 0);
    EXPECT_LE(*found + kLongest, kUnits);
    map.take(*found, units, id);
    held[id] = {*found, units};
  }
}

// Guards against a long piece that waits for ever while short ones come and go.
TEST(LaneMap, APlaceIsKeptForALaneThatFitsNowhere) {
  LaneMap map(8, 4);
  for (lm::SequenceId id = 1; id <= 5; ++id) map.take(*map.find(1), 1, id);  // the last: unit 4
  map.free(1);
  EXPECT_FALSE(map.find(4));
  map.keep(4);  // unit 4 to 7: one of them is used
  EXPECT_EQ(map.find(1), 0);
  map.take(0, 1, 6);
  EXPECT_FALSE(map.find(1));
  map.free(5);
  EXPECT_FALSE(map.find(1));
  map.keep_nothing();
  EXPECT_EQ(map.find(4), 4);
}

TEST(LaneMap, ALaneFitsWhereASequenceLeaves) {
  LaneMap map(4, 4);
  map.take(0, 2, 1);
  EXPECT_FALSE(map.fits(4, {}));
  EXPECT_TRUE(map.fits(4, 1));
  EXPECT_FALSE(map.fits(4, 2));
}

}  // namespace
}  // namespace orpheus::engine
