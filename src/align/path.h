#pragma once
// The way of a speech through its text: for each half frame, the row of the text that is spoken.
//
// A Viterbi path. A half frame costs the less, the more attention its row of the text has. From one
// half frame to the next the path stays, advances by a row, skips rows (the price grows with their
// letters, up to a bound) or goes back (one price, more than a single odd half frame is worth).
// A row that always has attention (a sink) is no sign of what is spoken: the least share that it
// had so far is taken off. What little is left of a diffuse row counts for nothing.
//
// The decision for a half frame falls kLag half frames later. Memory: O(rows × kLag).
// Deterministic: integers only. Belongs to one thread; a path serves one piece.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "align/shares.h"

namespace orpheus::align {

// Four frames: 0.34 s.
inline constexpr int kLag = 8;

struct PathStep {
  int row = 0;
  // The part of the attention on this row and its neighbours, sinks taken off: 0 … kWhole.
  int32_t share = 0;
};

class Path {
 public:
  // num_letters: for each row of the text, the letters and digits in it; 0 for blanks and marks. At
  // least one row.
  explicit Path(std::vector<int> num_letters);

  // Takes the next half frame: a share for each row, or nothing. Returns the step of the half frame
  // kLag earlier.
  std::optional<PathStep> push(Shares shares);
  // The steps that were not returned yet. Call once, last.
  std::vector<PathStep> finish();

 private:
  struct HalfFrame {
    Shares shares;
    std::vector<int32_t> from;  // for each row, the best row of the half frame before
  };
  std::vector<int32_t> prices_of(const Shares& shares);
  HalfFrame arrive(const std::vector<int32_t>& prices);
  PathStep step_at(size_t half_frame, int row) const;
  int32_t sink(size_t row) const;
  int best_row() const;

  std::vector<int32_t> letters_before_;  // of rows 0 … n
  std::vector<int32_t> scores_;          // the cost of the best path to each row, less is better
  std::vector<int32_t> floors_;          // the least share of each row so far
  std::deque<HalfFrame> held_;           // not decided yet
  int num_known_ = 0;                    // half frames with shares
  bool has_begun_ = false;
};

}  // namespace orpheus::align
