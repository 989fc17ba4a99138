#include "lm/engine/scheduler.h"

namespace orpheus::engine {

StepPlan Scheduler::singles_of(std::span<const Candidate> candidates, bool someone_is_new) {
  StepPlan plan;
  for (const Candidate& candidate : candidates) {
    const bool sits_out = someone_is_new && candidate.standing.is_comfortable();
    if (candidate.standing.paused || candidate.num_unread > 1 || sits_out) continue;
    plan.singles.push_back(candidate.standing.id);
  }
  return plan;
}

const Candidate* Scheduler::next_reading(std::span<const Candidate> candidates,
                                         bool someone_is_new) {
  const Candidate* next = nullptr;
  for (const Candidate& candidate : candidates) {
    const bool sits_out = someone_is_new && candidate.standing.is_comfortable();
    if (candidate.standing.paused || candidate.num_unread <= 1 || sits_out) continue;
    if (next == nullptr || comes_before(candidate.standing, next->standing)) next = &candidate;
  }
  return next;
}

void Scheduler::add_chunk(const Candidate& reading, int most_rows, StepPlan& plan) {
  const SequenceId id = reading.standing.id;
  if (options_.fixed_shapes) {
    const bool others_turn = chunk_was_last_ && !plan.singles.empty();
    chunk_was_last_ = !others_turn;
    if (others_turn) return;
    plan.singles.clear();
    plan.chunk = {id, std::min(reading.num_unread, options_.prompt_chunk)};
    return;
  }
  const int room = most_rows - static_cast<int>(plan.singles.size());
  const int num_tokens = std::min({reading.num_unread, options_.prompt_chunk, std::max(room, 1)});
  if (num_tokens == 1) {
    plan.singles.push_back(id);
  } else {
    plan.chunk = {id, num_tokens};
  }
}

}  // namespace orpheus::engine
