#include "lm/engine/lane_map.h"

#include <algorithm>
#include <cassert>

namespace orpheus::engine {

LaneMap::LaneMap(int num_units, int units_of_longest)
    : holders_(static_cast<size_t>(num_units), 0), units_of_longest_(units_of_longest) {
  assert(num_units % units_of_longest == 0);
}

int LaneMap::units_for(int num_rows, int rows_of_unit) {
  int units = 1;
  while (units * rows_of_unit < num_rows) units *= 2;
  return units;
}

bool LaneMap::can_begin_at(int unit) const {
  return unit + units_of_longest_ <= static_cast<int>(holders_.size());
}

int LaneMap::num_used(int first_unit, int num_units) const {
  const auto first = holders_.begin() + first_unit;
  return static_cast<int>(
      std::count_if(first, first + num_units, [](lm::SequenceId holder) { return holder != 0; }));
}

std::optional<int> LaneMap::find(int num_units, std::optional<lm::SequenceId> without) const {
  const lm::SequenceId left = without.value_or(0);
  std::optional<int> found;
  int most_used = -1;  // units of its block
  for (int unit = 0; can_begin_at(unit); unit += num_units) {
    if (unit < first_kept_ + num_kept_ && first_kept_ < unit + num_units) continue;
    const auto first = holders_.begin() + unit;
    const bool is_free = std::all_of(first, first + num_units, [&](lm::SequenceId holder) {
      return holder == 0 || holder == left;
    });
    if (!is_free) continue;
    const auto block = holders_.begin() + (unit - unit % units_of_longest_);
    const auto used = static_cast<int>(
        std::count_if(block, block + units_of_longest_,
                      [&](lm::SequenceId holder) { return holder != 0 && holder != left; }));
    if (used > most_used) {
      found = unit;
      most_used = used;
    }
  }
  return found;
}

void LaneMap::take(int first_unit, int num_units, lm::SequenceId id) {
  std::fill_n(holders_.begin() + first_unit, num_units, id);
}

void LaneMap::free(lm::SequenceId id) {
  std::replace(holders_.begin(), holders_.end(), id, lm::SequenceId{0});
}

bool LaneMap::is_in_kept(lm::SequenceId holder) const {
  const auto first = holders_.begin() + first_kept_;
  return std::find(first, first + num_kept_, holder) != first + num_kept_;
}

void LaneMap::keep(int num_units) {
  if (num_kept_ > 0) return;
  int least_used = num_units + 1;
  for (int unit = 0; can_begin_at(unit); unit += num_units) {
    const int used = num_used(unit, num_units);
    if (used >= least_used) continue;
    least_used = used;
    first_kept_ = unit;
    num_kept_ = num_units;
  }
}

}  // namespace orpheus::engine
