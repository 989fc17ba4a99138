#include "http/backlog.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace orpheus::http {
namespace {

constexpr double kLeast = 1;  // seconds
constexpr double kMost = 59;
constexpr double kSlowest = 0.05;   // of what a rate is believed to be
constexpr double kShortTime = 1.0;  // what was measured for less counts less than the last rate
constexpr double kWindow = 15;      // of a rate, at least; twice that at most
constexpr size_t kMostAwaited = 4096;

// A client that comes a little early finds a place more often than not, for speeches do not end all
// together; one that comes late may leave the machine idle.
constexpr double kEarly = 0.8;

// 0.9 … 1.1, so that clients that were refused together do not come back together.
double jitter(uint64_t number) {
  constexpr double kGoldenRatio = 0.6180339887;
  const double turns = static_cast<double>(number) * kGoldenRatio;
  return 0.9 + 0.2 * (turns - std::floor(turns));
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
  const double wait = kEarly * time_of_end(remaining, awaited_.size(), rate) * jitter(num_told_++);
  const double seconds = std::clamp(std::ceil(wait), kLeast, kMost);
  if (awaited_.size() < kMostAwaited) awaited_.push_back(now + seconds);
  return static_cast<int>(seconds);
}

void Rate::begin(double total, double now) { since_ = next_ = {now, total}; }

double Rate::measure(double total, double now) {
  const double elapsed = std::max(0.0, now - since_.time);
  const double made = std::max(0.0, total - since_.total);
  const double rate = (made + last_ * kShortTime) / (elapsed + kShortTime);
  if (elapsed > kShortTime) last_ = rate;
  if (now - next_.time > kWindow) {
    since_ = next_;
    next_ = {now, total};
  }
  return rate;
}

}  // namespace orpheus::http
