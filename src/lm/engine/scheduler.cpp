#include "lm/engine/scheduler.h"

#include <algorithm>

namespace orpheus::engine {

bool Scheduler::enqueue(SequenceId id, uint64_t listener, QueueRoom room) {
  const bool full = waiting_.size() >= static_cast<size_t>(options_.max_waiting);
  if (full && room == QueueRoom::kBounded) return false;
  waiting_.push_back({id, listener});
  return true;
}

bool Scheduler::can_admit() const {
  return !waiting_.empty() && running_.size() < static_cast<size_t>(options_.max_sequences);
}

size_t Scheduler::num_running_of(uint64_t listener) const {
  if (listener == 0) return 0;
  return static_cast<size_t>(
      std::count_if(running_.begin(), running_.end(),
                    [&](const Entry& running) { return running.listener == listener; }));
}

std::optional<SequenceId> Scheduler::admit() {
  if (!can_admit()) return std::nullopt;
  const auto next = std::min_element(
      waiting_.begin(), waiting_.end(), [&](const Entry& left, const Entry& right) {
        return num_running_of(left.listener) < num_running_of(right.listener);
      });  // the first of equals
  const Entry admitted = *next;
  waiting_.erase(next);
  running_.push_back(admitted);
  return admitted.id;
}

void Scheduler::remove(SequenceId id) {
  const auto is_it = [&](const Entry& entry) { return entry.id == id; };
  std::erase_if(running_, is_it);
  std::erase_if(waiting_, is_it);
}

StepPlan Scheduler::singles_of(std::span<const Candidate> candidates) {
  StepPlan plan;
  for (const Candidate& candidate : candidates) {
    if (!candidate.paused && candidate.num_unread <= 1) plan.singles.push_back(candidate.id);
  }
  return plan;
}

void Scheduler::add_chunk(std::span<const Candidate> candidates, int most_rows, StepPlan& plan) {
  const auto reading = std::find_if(
      candidates.begin(), candidates.end(),
      [](const Candidate& candidate) { return !candidate.paused && candidate.num_unread > 1; });
  if (reading == candidates.end()) return;
  if (options_.fixed_shapes) {
    const bool others_turn = chunk_was_last_ && !plan.singles.empty();
    chunk_was_last_ = !others_turn;
    if (others_turn) return;
    plan.singles.clear();
    plan.chunk = {reading->id, std::min(reading->num_unread, options_.prompt_chunk)};
    return;
  }
  const int room = most_rows - static_cast<int>(plan.singles.size());
  const int num_tokens = std::min({reading->num_unread, options_.prompt_chunk, std::max(room, 1)});
  if (num_tokens == 1) {
    plan.singles.push_back(reading->id);
  } else {
    plan.chunk = {reading->id, num_tokens};
  }
}

}  // namespace orpheus::engine
