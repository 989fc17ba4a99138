#include "lm/engine/weighted_draw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "lm/engine/likelihood.h"
#include "lm/engine/processor_kernels.h"

namespace orpheus::engine {
namespace {

using llama::Logits;
using prompt::Token;

// With fewer candidates, sorting is as fast.
constexpr size_t kFew = 48;
// Candidates beyond kDeepest enter no sum; their likelihood is below this.
constexpr double kNegligible = 0x1p-46;

// The relative error of ProcessorKernels::weigh is smaller.
constexpr double kError = 0x1p-36;

uint64_t key_of(const Logits& relative, size_t row) {
  const uint32_t bits = std::bit_cast<uint32_t>(relative.values[row]) & 0x7FFFFFFFU;
  return (static_cast<uint64_t>(bits) << 32U) | static_cast<uint32_t>(relative.id_of(row));
}
float relative_of(uint64_t key) { return -std::bit_cast<float>(static_cast<uint32_t>(key >> 32U)); }
Token id_of(uint64_t key) { return static_cast<Token>(static_cast<uint32_t>(key)); }

// The number of bins for a unit is a power of two, so the product is exact.
float bins_per_unit_down_to(float lowest) {
  constexpr int kMost = 30;
  const float depth = -std::max(lowest, kDeepest);
  if (depth <= 0) return 1;
  const float wanted = static_cast<float>(kNumBins) / depth;
  return std::ldexp(1.0F, std::isfinite(wanted) ? std::min(kMost, std::ilogb(wanted)) : kMost);
}

size_t whole_vectors(size_t count) { return (count + kMostLanes - 1) / kMostLanes * kMostLanes; }

}  // namespace

Token WeightedDraw::draw(const Logits& relative, const Limits& limits, double random) {
  if (relative.values.size() > kFew) {
    if (const auto id = by_bins(relative, limits, random)) return *id;
  }
  return by_sorting(relative, limits, random);
}

Token WeightedDraw::by_sorting(const Logits& relative, const Limits& limits, double random) {
  items_.clear();
  for (size_t row = 0; row < relative.values.size(); ++row)
    items_.push_back({key_of(relative, row), 0});
  std::sort(items_.begin(), items_.end(), likelier);
  if (limits.top_k > 0 && limits.top_k < items_.size()) items_.resize(limits.top_k);
  double total = 0;
  for (Item& item : items_) total += item.weight = likelihood(relative_of(item.key));
  const double enough = limits.top_p < 1 ? limits.top_p * total : total;
  size_t num_kept = 0;
  double kept = 0;
  for (const Item& item : items_) {
    // The candidate that reaches top_p is kept; the first one always is.
    const bool over = limits.top_p < 1 && kept >= enough;
    if (num_kept > 0 && (over || relative_of(item.key) < limits.least)) break;
    kept += item.weight;
    ++num_kept;
  }
  const double target = random * kept;
  double sum = 0;
  for (size_t i = 0; i + 1 < num_kept; ++i) {
    sum += items_[i].weight;
    if (sum > target) return id_of(items_[i].key);
  }
  return id_of(items_[num_kept - 1].key);
}

std::optional<Token> WeightedDraw::by_bins(const Logits& relative, const Limits& limits,
                                           double random) {
  spread(relative.values);
  const double total = limits.top_k > 0 ? sum_of_likeliest(relative, limits.top_k) : sum_of_bins();
  const auto size = static_cast<double>(relative.values.size());
  // The error bound of a sum here and in by_sorting: the error of the terms, half a unit in the
  // last place for each addition, and the omitted candidates. Both a sum and its target may have
  // this error.
  const double left_out = lowest_ < kDeepest ? size * kNegligible : 0;
  const double doubt = 2 * (total * (kError + size * 0x1p-51) + left_out);

  double kept = total;
  bool least_decides = limits.least >= kDeepest;
  if (limits.top_p < 1) {
    const auto last = find(relative, limits.top_p * total, doubt);
    if (!last) return std::nullopt;
    if (last->relative >= limits.least) {
      kept = last->through;
      least_decides = false;
    }
  }
  if (least_decides) kept = std::min(kept, sum_down_to(relative, limits.least));
  const auto drawn = find(relative, random * kept, doubt);
  if (!drawn) return std::nullopt;
  return drawn->id;
}

// Adds every row to its bin.
void WeightedDraw::spread(std::span<const float> relative) {
  lowest_ = processor_kernels().lowest(relative);
  bins_per_unit_ = bins_per_unit_down_to(lowest_);
  num_used_ = static_cast<size_t>(-std::max(lowest_, kDeepest) * bins_per_unit_) + 1;
  sums_.resize(kTooDeep + kMostLanes);
  first_.resize(kTooDeep + kMostLanes);
  next_.resize(relative.size());
  std::fill_n(sums_.begin(), whole_vectors(num_used_), 0.0);
  std::fill_n(first_.begin(), num_used_, -1);

  const auto& kernels = processor_kernels();
  std::array<double, kBlock> weights;
  std::array<int32_t, kBlock> bins;
  std::array<float, kBlock> padded;
  for (size_t row = 0; row < relative.size(); row += kBlock) {
    const size_t count = std::min(kBlock, relative.size() - row);
    const float* values = relative.data() + row;
    if (count < kBlock) {
      padded.fill(kDeepest);
      std::copy_n(values, count, padded.begin());
      values = padded.data();
    }
    kernels.weigh(values, bins_per_unit_, weights.data(), bins.data());
    for (size_t i = 0; i < count; ++i) {
      const auto bin = static_cast<size_t>(bins[i]);
      sums_[bin] += weights[i];
      next_[row + i] = first_[bin];
      first_[bin] = static_cast<int32_t>(row + i);
    }
  }
}

double WeightedDraw::sum_of_bins() const {
  return processor_kernels().sum(sums_.data(), whole_vectors(num_used_));
}

double WeightedDraw::sum_of_likeliest(const Logits& relative, size_t count) {
  double sum = 0;
  for (size_t bin = 0; bin < num_used_; ++bin) {
    size_t num_here = 0;
    for (int32_t row = first_[bin]; row >= 0; row = next_[static_cast<size_t>(row)]) ++num_here;
    if (num_here >= count) {
      gather(relative, bin);
      const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count);
      std::nth_element(items_.begin(), end - 1, items_.end(), likelier);
      for (auto item = items_.begin(); item != end; ++item) sum += item->weight;
      return sum;
    }
    sum += sums_[bin];
    count -= num_here;
  }
  return sum;
}

// The sum of all candidates with a relative logit of at least `least`, which is at least kDeepest.
double WeightedDraw::sum_down_to(const Logits& relative, float least) const {
  const auto bin = static_cast<size_t>(-least * bins_per_unit_);
  double sum = 0;
  for (size_t i = 0; i < std::min(bin, num_used_); ++i) sum += sums_[i];
  if (bin >= num_used_) return sum;
  for (int32_t row = first_[bin]; row >= 0; row = next_[static_cast<size_t>(row)]) {
    const float value = relative.values[static_cast<size_t>(row)];
    if (value >= least) sum += likelihood(value);
  }
  return sum;
}

// The candidate with which the sum reaches the target. Nothing if the error `doubt` could make it
// another candidate.
std::optional<WeightedDraw::Found> WeightedDraw::find(const Logits& relative, double target,
                                                      double doubt) {
  double before = 0;
  size_t bin = 0;
  while (bin < num_used_ && before + sums_[bin] < target) before += sums_[bin++];
  if (bin == num_used_ || first_[bin] < 0) return std::nullopt;
  const Found found = find_in_bin(relative, bin, before, target);
  const bool is_first = found.before == 0;
  if (!is_first && found.before > target - doubt) return std::nullopt;
  if (found.through < target + doubt) return std::nullopt;
  return found;
}

void WeightedDraw::gather(const Logits& relative, size_t bin) {
  items_.clear();
  for (int32_t next = first_[bin]; next >= 0; next = next_[static_cast<size_t>(next)]) {
    const auto row = static_cast<size_t>(next);
    items_.push_back({key_of(relative, row), likelihood(relative.values[row])});
  }
}

// Halves the set of candidates until sorting is quick.
WeightedDraw::Found WeightedDraw::find_in_bin(const Logits& relative, size_t bin, double before,
                                              double target) {
  constexpr std::ptrdiff_t kQuick = 24;
  gather(relative, bin);
  auto begin = items_.begin();
  auto end = items_.end();
  while (end - begin > kQuick) {
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, likelier);
    double sum = before;
    for (auto item = begin; item != middle; ++item) sum += item->weight;
    if (sum >= target) {
      end = middle;
    } else {
      before = sum;
      begin = middle;
    }
  }
  std::sort(begin, end, likelier);
  while (end - begin > 1 && before + begin->weight < target) before += begin++->weight;
  return {.id = id_of(begin->key),
          .relative = relative_of(begin->key),
          .before = before,
          .through = before + begin->weight};
}

}  // namespace orpheus::engine
