#include "snac/residual_unit.h"

#include <algorithm>
#include <cassert>

namespace orpheus::snac {
namespace {

// The number of rows that go through a unit's layers together; they stay in the first-level cache.
constexpr int kTileRows = 24;

}  // namespace

ResidualUnit::ResidualUnit(const CpuResidualUnit& weights, int64_t first_row)
    : weights_(weights),
      depthwise_(weights.depthwise, first_row),
      x_(weights.depthwise.in_stride(), first_row),
      tile_(static_cast<size_t>(kTileRows) * static_cast<size_t>(x_.stride())) {}

void ResidualUnit::step(const Piece& x, Rows& out) {
  assert(out.end_row() == next_row());
  x_.append(x.rows, x.num_rows);
  x_.drop_before(next_row());  // rows at the start that lack their context
  weights_.snake_in.apply(x.rows, x.num_rows, depthwise_.append(x.num_rows));
  if (x.ends_sound) depthwise_.flush();
  const int stride = x_.stride();
  int num_left = depthwise_.num_ready();
  float* given = out.append(num_left);
  while (num_left > 0) {
    const int count = std::min(kTileRows, num_left);
    float* tile = tile_.data();
    depthwise_.give(count, tile);
    weights_.snake_mid.apply(tile, count, tile);
    weights_.pointwise.multiply_add(tile, stride, count, x_.data(), stride, given, stride);
    x_.drop_front(count);
    given += static_cast<ptrdiff_t>(count) * stride;
    num_left -= count;
  }
}

ResidualUnits::ResidualUnits(const std::array<CpuResidualUnit, kDilations.size()>& weights,
                             int64_t first_row) {
  for (const CpuResidualUnit& unit : weights) {
    units_.emplace_back(unit, first_row);
    first_row = units_.back().next_row();
    between_.emplace_back(unit.depthwise.out_stride(), first_row);
  }
  between_.pop_back();  // the last unit writes to the output of give()
}

void ResidualUnits::step(Piece x, Rows& out) {
  for (size_t i = 0; i < between_.size(); ++i) {
    between_[i].clear();
    units_[i].step(x, between_[i]);
    x = between_[i].piece(x.ends_sound);
  }
  units_.back().step(x, out);
}

}  // namespace orpheus::snac
