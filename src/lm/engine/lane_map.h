#pragma once
// Which units of the cache are free. A lane is one unit, or two, four, … units in a row, as many as
// a sequence's longest speech needs. Pure: it knows sequences by number. Belongs to one thread at a
// time.
//
// The cache is divided into blocks of the longest lane. A lane begins at a multiple of its length,
// so it lies within one block. In the last block a lane can only begin at the first unit: attention
// reads as many rows behind the first row of every lane as the longest sequence of a step has, and
// these rows must exist.

#include <optional>
#include <vector>

#include "lm/admission.h"

namespace orpheus::engine {

class LaneMap : public lm::Places {
 public:
  // num_units: a multiple of units_of_longest, which is a power of two.
  LaneMap(int num_units, int units_of_longest);

  // The number of units of a lane for a sequence of this many rows, which fit into the longest
  // lane.
  static int units_for(int num_rows, int rows_of_unit);

  int num_units() const { return static_cast<int>(holders_.size()); }
  // The first unit of a free lane, in the fullest block that has one. without: a sequence whose
  // lane counts as free.
  std::optional<int> find(int num_units, std::optional<lm::SequenceId> without = {}) const;
  void take(int first_unit, int num_units, lm::SequenceId id);
  void free(lm::SequenceId id);

  bool fits(int num_units, std::optional<lm::SequenceId> without) const override {
    return find(num_units, without).has_value();
  }
  // Chooses the emptiest place for such a lane. Until keep_nothing(), no other lane begins there.
  void keep(int num_units) override;
  bool is_in_kept(lm::SequenceId holder) const override;
  void keep_nothing() { num_kept_ = 0; }

 private:
  bool can_begin_at(int unit) const;
  int num_used(int first_unit, int num_units) const;

  std::vector<lm::SequenceId> holders_;  // of each unit; 0: free
  const int units_of_longest_;
  int first_kept_ = 0;
  int num_kept_ = 0;  // units; 0: none
};

}  // namespace orpheus::engine
