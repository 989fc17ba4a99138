#include "align/path.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace orpheus::align {
namespace {

// Costs are in 1/256 bit.
constexpr int32_t kBit = 256;
constexpr int32_t kPerSkippedLetter = kBit;
constexpr int32_t kMostForASkip = 12 * kBit;
constexpr int32_t kForGoingBack = 16 * kBit;
// One part in sixteen of a row is taken to be spread over the whole text, so no row is impossible.
constexpr int64_t kSpread = 16;
// A half frame with less left behind its sinks tells nothing.
constexpr int32_t kLeastLeft = kWhole / 4;
// Until so many half frames are known, a row may have had attention because it was spoken from the
// start: only half of its least share counts as a sink.
constexpr int kKnownSinks = 16;

// The logarithm to base 2 of x ≥ 1, in 1/256; linear between powers of two.
int32_t log2_of(uint32_t x) {
  const int whole = static_cast<int>(std::bit_width(x)) - 1;
  const uint64_t mantissa = (static_cast<uint64_t>(x) << 8U) >> static_cast<unsigned>(whole);
  return whole * kBit + static_cast<int32_t>(mantissa) - kBit;
}

}  // namespace

Path::Path(std::vector<int> num_letters)
    : letters_before_(num_letters.size() + 1),
      scores_(num_letters.size()),
      floors_(num_letters.size(), kWhole) {
  for (size_t row = 0; row < num_letters.size(); ++row)
    letters_before_[row + 1] = letters_before_[row] + num_letters[row];
}

std::optional<PathStep> Path::push(Shares shares) {
  if (shares.size() != scores_.size()) shares.clear();
  const std::vector<int32_t> prices = prices_of(shares);
  held_.push_back(arrive(prices));
  held_.back().shares = std::move(shares);
  if (held_.size() <= kLag) return std::nullopt;
  int row = best_row();
  for (size_t i = held_.size() - 1; i > 0; --i) row = held_[i].from[static_cast<size_t>(row)];
  const PathStep step = step_at(0, row);
  held_.pop_front();
  return step;
}

std::vector<PathStep> Path::finish() {
  std::vector<PathStep> steps(held_.size());
  int row = held_.empty() ? 0 : best_row();
  for (size_t i = held_.size(); i-- > 0;) {
    steps[i] = step_at(i, row);
    row = held_[i].from[static_cast<size_t>(row)];
  }
  held_.clear();
  return steps;
}

// What it costs to be in each row.
std::vector<int32_t> Path::prices_of(const Shares& shares) {
  std::vector<int32_t> prices(scores_.size());
  if (shares.empty()) return prices;
  ++num_known_;
  int64_t left = 0;
  for (size_t row = 0; row < shares.size(); ++row) {
    floors_[row] = std::min(floors_[row], shares[row]);
    left += shares[row] - sink(row);
  }
  if (left < kLeastLeft) return prices;
  const int64_t spread = kWhole / static_cast<int64_t>(shares.size());
  for (size_t row = 0; row < shares.size(); ++row) {
    const int64_t share = int64_t{shares[row] - sink(row)} * kWhole / left;
    const int64_t blurred = (share * (kSpread - 1) + spread) / kSpread;
    prices[row] = log2_of(kWhole) - log2_of(static_cast<uint32_t>(std::max<int64_t>(1, blurred)));
  }
  return prices;
}

// The best way to each row of the next half frame. Of equal ways: to stay, then the shortest skip.
Path::HalfFrame Path::arrive(const std::vector<int32_t>& prices) {
  const size_t num_rows = scores_.size();
  HalfFrame next{.shares = {}, .from = std::vector<int32_t>(num_rows)};
  std::vector<int32_t> scores(num_rows);
  if (!std::exchange(has_begun_, true)) {
    for (size_t row = 0; row < num_rows; ++row)
      scores_[row] =
          std::min(kMostForASkip, letters_before_[row] * kPerSkippedLetter) + prices[row];
    return next;
  }
  // The best rows to skip from: for the price of the letters, and for the highest price.
  size_t near = 0;
  size_t far = 0;
  const auto less_letters = [&](size_t from) {
    return scores_[from] - letters_before_[from + 1] * kPerSkippedLetter;
  };
  for (size_t row = 0; row < num_rows; ++row) {
    scores[row] = scores_[row];
    next.from[row] = static_cast<int32_t>(row);
    const auto offer = [&](size_t from, int32_t score) {
      if (score >= scores[row]) return;
      scores[row] = score;
      next.from[row] = static_cast<int32_t>(from);
    };
    if (row == 0) continue;
    if (less_letters(row - 1) <= less_letters(near)) near = row - 1;
    if (scores_[row - 1] <= scores_[far]) far = row - 1;
    offer(near, less_letters(near) + letters_before_[row] * kPerSkippedLetter);
    offer(far, scores_[far] + kMostForASkip);
  }
  size_t behind = num_rows - 1;  // the best row to go back from
  for (size_t row = num_rows; row-- > 0;) {
    if (scores_[behind] + kForGoingBack < scores[row]) {
      scores[row] = scores_[behind] + kForGoingBack;
      next.from[row] = static_cast<int32_t>(behind);
    }
    if (scores_[row] < scores_[behind]) behind = row;
  }
  for (size_t row = 0; row < num_rows; ++row) scores[row] += prices[row];
  const int32_t least = *std::min_element(scores.begin(), scores.end());
  for (int32_t& score : scores) score -= least;
  scores_ = std::move(scores);
  return next;
}

PathStep Path::step_at(size_t half_frame, int row) const {
  const Shares& shares = held_[half_frame].shares;
  PathStep step{.row = row};
  if (shares.empty()) return step;
  const auto at = static_cast<size_t>(row);
  const size_t end = std::min(at + 2, shares.size());
  for (size_t i = at == 0 ? 0 : at - 1; i < end; ++i)
    step.share += std::max(0, shares[i] - sink(i));
  step.share = std::clamp(step.share, 0, kWhole);
  return step;
}

int32_t Path::sink(size_t row) const {
  return num_known_ < kKnownSinks ? floors_[row] / 2 : floors_[row];
}

int Path::best_row() const {
  return static_cast<int>(std::min_element(scores_.begin(), scores_.end()) - scores_.begin());
}

}  // namespace orpheus::align
