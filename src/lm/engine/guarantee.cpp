#include "lm/engine/guarantee.h"

#include <algorithm>
#include <vector>

#include "lm/engine/sequence_time.h"

namespace orpheus::engine {
namespace {

// Of the newest step. A part of a prompt makes single steps much longer.
constexpr double kNewest = 0.1;
// A slow time is half forgotten after some minutes of steps with fewer sequences.
constexpr double kForget = 0.9999;

}  // namespace

Demand demand_of(std::span<const Demanding> sequences) {
  Demand demand;
  std::vector<const void*> speeches;
  for (const Demanding& each : sequences) {
    const lm::Standing& standing = each.standing;
    if (standing.num_before == 0 && standing.sounded && !standing.paused && standing.slack < 0)
      demand.one_is_late = true;
    if (each.speech == nullptr) {
      ++demand.num_listeners;
    } else {
      speeches.push_back(each.speech);
    }
  }
  std::sort(speeches.begin(), speeches.end());
  demand.num_listeners +=
      static_cast<int>(std::unique(speeches.begin(), speeches.end()) - speeches.begin());
  return demand;
}

RealtimeGuarantee::RealtimeGuarantee(int num_lanes, int (*bucket_of_rows)(int), double share)
    : num_lanes_(num_lanes),
      share_(share),
      pace_(bucket_of_rows(num_lanes), bucket_of_rows, {.newest = kNewest, .forget = kForget}) {}

void RealtimeGuarantee::record(int num_sequences, double seconds) {
  if (num_sequences == 0) return;
  pace_.record(num_sequences, seconds);
  most_listeners_ = largest_number();
}

int RealtimeGuarantee::largest_number() const {
  int least = 0;
  int too_many = num_lanes_ + 1;
  while (too_many - least > 1) {
    const int middle = (least + too_many) / 2;
    (pace_.predict(middle) <= share_ * kSecondsPerToken ? least : too_many) = middle;
  }
  return std::max(1, least);
}

bool RealtimeGuarantee::has_room(const Demand& demand) const {
  if (demand.num_listeners == 0) return true;
  return !demand.one_is_late && demand.num_listeners < most_listeners_;
}

}  // namespace orpheus::engine
