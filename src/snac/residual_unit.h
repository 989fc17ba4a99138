#pragma once
// SNAC's residual units over a stream of rows: x + pointwise(snake(depthwise(snake(x)))). One
// thread at a time.

#include <array>
#include <cstdint>
#include <vector>

#include "snac/cpu_weights.h"
#include "snac/rows.h"
#include "snac/streaming_conv.h"

namespace orpheus::snac {

class ResidualUnit {
 public:
  // first_row: see StreamingConv. The weights must outlive the unit.
  ResidualUnit(const CpuResidualUnit& weights, int64_t first_row);
  int64_t next_row() const { return depthwise_.next_row(); }
  // Takes a piece of x. Appends to `out` the rows that are ready.
  void step(const Piece& x, Rows& out);

 private:
  const CpuResidualUnit& weights_;
  StreamingConv<Depthwise> depthwise_;  // of snake(x)
  Rows x_;                              // [channels, n_rows]; first: next_row()
  std::vector<float> tile_;             // [channels, up to a tile's rows]
};

// The residual units of a block, one after the other.
class ResidualUnits {
 public:
  ResidualUnits(const std::array<CpuResidualUnit, kDilations.size()>& weights, int64_t first_row);
  int64_t next_row() const { return units_.back().next_row(); }
  void step(Piece x, Rows& out);

 private:
  std::vector<ResidualUnit> units_;
  std::vector<Rows> between_;  // [channels, n_rows], the output of each unit but the last
};

}  // namespace orpheus::snac
