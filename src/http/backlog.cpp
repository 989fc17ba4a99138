#include "http/backlog.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace orpheus::http {
namespace {

constexpr double kLeast = 1;  // seconds
constexpr double kMost = 59;
constexpr double kSlowest = 0.05;   // of what a rate is believed to be
constexpr double kShortTime = 3.0;  // what was measured for less counts less than the last rate
constexpr double kWindow = 15;      // of a rate, at least; twice that at most
constexpr size_t kMostAwaited = 4096;

// 1.1 … 1.25. A tenth more, because how long a speech will be is a guess, and OpenAI's clients come
// back twice and no more; and so that clients that were refused together do not come back together.
double caution(uint64_t number) {
  constexpr double kGoldenRatio = 0.6180339887;
  const double turns = static_cast<double>(number) * kGoldenRatio;
  return 1.1 + 0.15 * (turns - std::floor(turns));
}

// Seconds until this many speeches (from 0) and one have ended, where all share the machine evenly
// and another takes the place of each that ends: each makes its share of the rate.
double time_of_end(std::span<const double> remaining, size_t number, double rate) {
  if (remaining.empty()) return kLeast / std::max(kSlowest, rate);
  std::vector<double> sorted;
  sorted.reserve(remaining.size());
  for (const double seconds : remaining) sorted.push_back(std::max(kLeast, seconds));
  std::sort(sorted.begin(), sorted.end());
  const size_t count = sorted.size();
  const double share = std::max(kSlowest, rate) / static_cast<double>(count);
  if (number < count) return sorted[number] / share;
  const double mean =
      std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(count);
  return (sorted.back() +
          mean * static_cast<double>(number - count + 1) / static_cast<double>(count)) /
         share;
}

}  // namespace

int Backlog::seconds_until_place(std::span<const double> remaining, double rate, double now) {
  std::erase_if(awaited_, [now](double time) { return time <= now; });
  const double wait = time_of_end(remaining, awaited_.size(), rate);
  const double seconds = std::clamp(std::ceil(wait * caution(num_told_++)), kLeast, kMost);
  if (awaited_.size() < kMostAwaited) awaited_.push_back(now + seconds);
  return static_cast<int>(seconds);
}

void Rate::begin(double total, double now) { since_ = next_ = {now, total}; }

std::optional<double> Rate::measure(double total, double now) {
  const double elapsed = std::max(0.0, now - since_.time);
  const double made = std::max(0.0, total - since_.total);
  if (elapsed > kShortTime && made > 0) last_ = made / elapsed;
  if (now - next_.time > kWindow) {
    since_ = next_;
    next_ = {now, total};
  }
  if (!last_ || elapsed > kShortTime) return last_;
  return (made + *last_ * (kShortTime - elapsed)) / kShortTime;
}

}  // namespace orpheus::http
