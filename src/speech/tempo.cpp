#include "speech/tempo.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "speech/synthesiser.h"

namespace orpheus::speech {
namespace {

constexpr size_t kHop = kSampleRateHz * 15 / 1000;  // half a window
constexpr size_t kWindow = 2 * kHop;
constexpr size_t kMostMoved = kSampleRateHz * 5 / 1000;

// A fade that rises from 0 to 1 over half a window; with its mirror image it adds up to 1.
float rise(size_t i) {
  const double phase = std::numbers::pi * (static_cast<double>(i) + 0.5) / kHop;
  return static_cast<float>(0.5 - 0.5 * std::cos(phase));
}

}  // namespace

// The best position near `ideal` for a window: its first half is most similar to the samples that
// followed the first half of the last window.
size_t Tempo::best_near(size_t ideal) const {
  const size_t natural = at_ + kHop;
  const float* wanted = in_.data() + (natural - first_);
  const size_t lowest = ideal - std::min(ideal - first_, kMostMoved);
  size_t best = ideal;
  double most = -1e30;
  for (size_t candidate = lowest; candidate <= ideal + kMostMoved; ++candidate) {
    const float* found = in_.data() + (candidate - first_);
    double product = 0;
    double energy = 1e-9;
    for (size_t i = 0; i < kHop; ++i) {
      product += static_cast<double>(wanted[i]) * static_cast<double>(found[i]);
      energy += static_cast<double>(found[i]) * static_cast<double>(found[i]);
    }
    const double likeness = product / std::sqrt(energy);
    if (likeness > most) {
      most = likeness;
      best = candidate;
    }
  }
  return best;
}

// Places one window, if all samples that it needs are there.
void Tempo::step(std::vector<float>& out) {
  const auto ideal = static_cast<size_t>(
      std::llround(static_cast<double>(num_steps_) * rate_ * static_cast<double>(kHop)));
  at_ = num_steps_ == 0 ? 0 : best_near(ideal);
  const float* window = in_.data() + (at_ - first_);
  for (size_t i = 0; i < kHop; ++i) {
    const float share = num_steps_ == 0 ? 1.0F : rise(i);
    out.push_back(window[i] * share + (tail_.empty() ? 0.0F : tail_[i]));
  }
  num_out_ += kHop;
  tail_.assign(window + kHop, window + kWindow);
  for (size_t i = 0; i < kHop; ++i) tail_[i] *= 1 - rise(i);
  ++num_steps_;
}

void Tempo::push(std::span<const float> samples, std::vector<float>& out) {
  in_.insert(in_.end(), samples.begin(), samples.end());
  num_in_ += samples.size();
  while (true) {
    const auto ideal = static_cast<size_t>(
        std::llround(static_cast<double>(num_steps_) * rate_ * static_cast<double>(kHop)));
    const size_t needed = std::max(ideal + kMostMoved + kWindow, at_ + kHop + kHop);
    if (needed > first_ + in_.size()) break;
    step(out);
    // Keeps the last window, and the samples that the next one may need.
    const size_t keep = std::min(at_, ideal - std::min(ideal, kMostMoved));
    if (keep > first_ + 16 * kWindow) {
      in_.erase(in_.begin(), in_.begin() + static_cast<int64_t>(keep - first_));
      first_ = keep;
    }
  }
}

void Tempo::finish(std::vector<float>& out) {
  const auto total = static_cast<size_t>(std::llround(static_cast<double>(num_in_) / rate_));
  const size_t begin = out.size();
  const size_t before = num_out_;
  const std::vector<float> silence(kWindow, 0.0F);
  while (num_out_ < total) push(silence, out);
  out.resize(begin + (total - std::min(total, before)));
}

}  // namespace orpheus::speech
