#include "cli/live_listener.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "speech/synthesiser.h"

namespace orpheus::cli {
namespace {

constexpr float kAudible = 0.004F;  // as in speech/joiner.cpp

LiveListener::Time::duration duration_of(int64_t num_samples) {
  return std::chrono::duration_cast<LiveListener::Time::duration>(
      std::chrono::duration<double>(static_cast<double>(num_samples) / speech::kSampleRateHz));
}

}  // namespace

void LiveListener::hear(std::span<const float> samples, Time now) {
  if (samples.empty()) return;
  const Time plays_at = std::max(dry_at_.value_or(now), now);
  const bool begins_piece = std::exchange(begins_piece_, false);
  if (dry_at_ && *dry_at_ < now) {
    Gaps& gaps = begins_piece ? between_pieces_ : within_pieces_;
    ++gaps.count;
    gaps.longest_s =
        std::max(gaps.longest_s, std::chrono::duration<double>(now - *dry_at_).count());
  }
  if (!first_audible_) {
    const auto audible = std::find_if(samples.begin(), samples.end(),
                                      [](float sample) { return std::abs(sample) >= kAudible; });
    if (audible != samples.end())
      first_audible_ = plays_at + duration_of(audible - samples.begin());
  }
  const auto count = static_cast<int64_t>(samples.size());
  dry_at_ = plays_at + duration_of(count);
  last_arrival_ = now;
  num_samples_ += count;
}

double LiveListener::sound_s() const {
  return static_cast<double>(num_samples_) / speech::kSampleRateHz;
}

}  // namespace orpheus::cli
