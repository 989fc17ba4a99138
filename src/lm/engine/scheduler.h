#pragma once
// Plans the next step for the sequences that hold a lane (lm/admission.h decides which do). Pure
// policy: it knows sequences by number and touches no tensor. Belongs to one thread at a time.
//
// - Every sequence whose prompt was read gets a token in each step. Exception: if a client has no
//   sound yet, sequences of clients with enough sound skip steps, unless their rows hardly lengthen
//   the step.
// - A step also reads a part of one prompt: of the client with the least slack. The part is small
//   enough to keep the step short.
// - With fixed shapes, steps with parts of a prompt alternate with steps that generate tokens.

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "lm/admission.h"

namespace orpheus::engine {

using lm::SequenceId;
using lm::Standing;

struct SchedulerOptions {
  int prompt_chunk = 256;     // largest part of a prompt in a step
  bool fixed_shapes = false;  // as Options::reproducible
};

// A sequence that holds a lane, before the next step.
struct Candidate {
  Standing standing;
  int num_unread = 0;  // tokens that the network has not read; 1 if the prompt is read
};

struct StepPlan {
  struct Chunk {
    SequenceId id = 0;
    int num_tokens = 0;  // 2 or more
  };
  std::vector<SequenceId> singles;  // one token each
  std::optional<Chunk> chunk;
  bool empty() const { return singles.empty() && !chunk; }
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options) : options_(options) {}

  // candidates: in the order of arrival. cost: predicts the time of steps, as StepCost.
  template <typename Cost>
  StepPlan plan(std::span<const Candidate> candidates, const Cost& cost) {
    const bool someone_is_new =
        !options_.fixed_shapes &&
        std::any_of(candidates.begin(), candidates.end(), [](const Candidate& candidate) {
          const Standing& standing = candidate.standing;
          return !standing.paused && standing.is_new() && !standing.is_comfortable();
        });
    StepPlan plan = singles_of(candidates, someone_is_new);
    const Candidate* reading = next_reading(candidates, someone_is_new);
    if (someone_is_new) add_riders(candidates, cost, reading != nullptr, plan);
    if (reading != nullptr) add_chunk(*reading, room_of(plan, cost), plan);
    return plan;
  }

 private:
  // A part of a prompt may multiply the time of a step by at most this factor.
  static constexpr double kLongestStep = 2.0;
  // If the step has no other sequence, the step may take this many seconds.
  static constexpr double kQuickStep = 0.1;
  // Clients with enough sound are included if the step's time grows by at most this factor.
  static constexpr double kRide = 1.1;
  // Rows of a prompt in a step of unknown cost.
  static constexpr int kFirstChunk = 8;

  static StepPlan singles_of(std::span<const Candidate> candidates, bool someone_is_new);
  static const Candidate* next_reading(std::span<const Candidate> candidates, bool someone_is_new);
  void add_chunk(const Candidate& reading, int most_rows, StepPlan& plan);

  template <typename Cost>
  static int room_of(const StepPlan& plan, const Cost& cost) {
    const auto num_singles = static_cast<int>(plan.singles.size());
    if (cost.predict(1) == 0) return num_singles + kFirstChunk;
    return cost.most_rows(num_singles, kLongestStep, num_singles == 0 ? kQuickStep : 0);
  }

  template <typename Cost>
  static void add_riders(std::span<const Candidate> candidates, const Cost& cost, bool one_reads,
                         StepPlan& plan) {
    const int num_before = static_cast<int>(plan.singles.size()) + (one_reads ? 1 : 0);
    const double most_seconds = kRide * cost.predict(num_before);
    int num_rows = num_before;
    for (const Candidate& candidate : candidates) {
      const bool speaks = !candidate.standing.paused && candidate.num_unread <= 1;
      if (!speaks || !candidate.standing.is_comfortable()) continue;
      if (cost.predict(++num_rows) > most_seconds) return;
      plan.singles.push_back(candidate.standing.id);
    }
  }

  SchedulerOptions options_;
  bool chunk_was_last_ = false;  // with fixed shapes: the next step generates tokens
};

}  // namespace orpheus::engine
