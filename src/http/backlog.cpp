#include "http/backlog.h"

#include <algorithm>
#include <cmath>

namespace orpheus::http {
namespace {

constexpr double kLeast = 1;  // seconds
constexpr double kMost = 59;
constexpr double kSlowest = 0.05;   // of what a rate is believed to be
constexpr double kShortTime = 1.0;  // what was measured for less counts less than the last rate

}  // namespace

// Speeches that share the machine evenly end at the rate of the sum of 1 / remaining: their
// harmonic mean says when the next one ends, and a long book among them changes little.
int Backlog::seconds_until_place(std::span<const double> remaining, double rate, double now) {
  double sum = 0;
  for (const double seconds : remaining) sum += 1 / std::max(kLeast, seconds);
  const double mean = remaining.empty() ? kLeast : static_cast<double>(remaining.size()) / sum;
  const double gap = mean / std::max(kSlowest, rate);
  promised_ = std::max(promised_, now) + gap;
  const double seconds = std::clamp(std::ceil(promised_ - now), kLeast, kMost);
  promised_ = std::min(promised_, now + kMost);
  return static_cast<int>(seconds);
}

void Rate::begin(double total, double now) {
  since_ = now;
  before_ = total;
}

double Rate::measure(double total, double now) {
  const double elapsed = std::max(0.0, now - since_);
  const double made = std::max(0.0, total - before_);
  const double rate = (made + last_ * kShortTime) / (elapsed + kShortTime);
  if (elapsed > kShortTime) last_ = rate;
  return rate;
}

}  // namespace orpheus::http
