#include "lm/engine/guarantee.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "lm/engine/sequence_time.h"

namespace orpheus::engine {
Demand demand_of(std::span<const Demanding> sequences) {
  Demand demand;
  std::vector<std::pair<const void*, int>> speeches;  // and the units of a sequence
  for (const Demanding& each : sequences) {
    const lm::Standing& standing = each.standing;
    const bool is_heard = standing.num_before == 0 && !standing.paused;
    if (is_heard && !standing.is_comfortable()) ++demand.num_near;
    if (is_heard && standing.sounded && standing.slack < 0) demand.one_is_late = true;
    if (each.speech == nullptr) {
      ++demand.num_listeners;
      demand.num_units += standing.num_units;
    } else {
      speeches.emplace_back(each.speech, standing.num_units);
    }
  }
  std::sort(speeches.begin(), speeches.end(), std::greater<>());  // the longest of each is first
  const void* last = nullptr;
  for (const auto& [speech, num_units] : speeches) {
    if (std::exchange(last, speech) == speech) continue;
    ++demand.num_listeners;
    demand.num_units += num_units;
  }
  return demand;
}

RealtimeGuarantee::RealtimeGuarantee(int num_lanes, int num_units, int (*bucket_of_rows)(int),
                                     double share)
    : num_lanes_(num_lanes), num_units_(num_units), share_(share), pace_(bucket_of_rows) {}

void RealtimeGuarantee::record(int num_sequences, double seconds) {
  if (num_sequences == 0) return;
  pace_.record(num_sequences, seconds);
  most_listeners_ = largest_number(share_);
  most_near_ = largest_number(kShareOfNear);
}

int RealtimeGuarantee::largest_number(double share) const {
  int least = 0;
  int too_many = num_lanes_ + 1;
  while (too_many - least > 1) {
    const int middle = (least + too_many) / 2;
    (pace_.predict(middle) <= share * kSecondsPerToken ? least : too_many) = middle;
  }
  return std::max(1, least);
}

bool RealtimeGuarantee::has_room(const Demand& demand, int num_units) const {
  if (demand.num_listeners == 0) return true;
  return !demand.one_is_late && demand.num_listeners < most_listeners_ &&
         demand.num_near < most_near_ && demand.num_units + num_units <= num_units_;
}

}  // namespace orpheus::engine
