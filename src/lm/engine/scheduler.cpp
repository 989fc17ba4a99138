#include "lm/engine/scheduler.h"

namespace orpheus::engine {

Scheduler::Haste Scheduler::haste_of(std::span<const Candidate> candidates) {
  Haste haste = Haste::kNone;
  for (const Candidate& candidate : candidates) {
    const Standing& standing = candidate.standing;
    if (standing.paused || standing.is_comfortable()) continue;
    if (standing.is_dry()) return Haste::kDry;
    haste = Haste::kNear;
  }
  return haste;
}

StepPlan Scheduler::singles_of(std::span<const Candidate> candidates, Haste haste) {
  StepPlan plan;
  for (const Candidate& candidate : candidates) {
    const bool sits_out = haste != Haste::kNone && candidate.standing.is_comfortable();
    if (candidate.standing.paused || candidate.num_unread > 1 || sits_out) continue;
    plan.singles.push_back(candidate.standing.id);
  }
  return plan;
}

const Candidate* Scheduler::next_reading(std::span<const Candidate> candidates, Haste haste) {
  const Candidate* next = nullptr;
  for (const Candidate& candidate : candidates) {
    const bool sits_out = haste != Haste::kNone && candidate.standing.is_comfortable();
    if (candidate.standing.paused || candidate.num_unread <= 1 || sits_out) continue;
    if (next == nullptr || comes_before(candidate.standing, next->standing)) next = &candidate;
  }
  return next;
}

std::vector<const Candidate*> Scheduler::riders_of(std::span<const Candidate> candidates) {
  std::vector<const Candidate*> riders;
  for (const Candidate& candidate : candidates) {
    const bool speaks = !candidate.standing.paused && candidate.num_unread <= 1;
    if (speaks && candidate.standing.is_comfortable()) riders.push_back(&candidate);
  }
  std::stable_sort(riders.begin(), riders.end(), [](const Candidate* a, const Candidate* b) {
    return comes_before(a->standing, b->standing);
  });
  return riders;
}

void Scheduler::add_all(std::span<const Candidate* const> riders, StepPlan& plan) {
  for (const Candidate* rider : riders) plan.singles.push_back(rider->standing.id);
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
