#pragma once
// Plans the next step for the sequences that hold a lane (lm/admission.h decides which do). Pure
// policy: it knows sequences by number and touches no tensor. Belongs to one thread at a time.
//
// - Every sequence whose prompt was read gets a token in each step. Exception: while a client has
//   less than enough sound, sequences of clients with enough and pieces made ahead take part only
//   as far as the step stays short: a fraction of the time in which its tokens are played. The
//   first to run dry come first.
// - A step also reads a part of one prompt: of the client with the least slack. The part is small
//   enough to keep the step short.
// - With fixed shapes, steps with parts of a prompt alternate with steps that generate tokens.

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "lm/admission.h"
#include "lm/engine/sequence_time.h"

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

  // candidates: in the order of arrival. cost: predicts the time that the network takes for rows,
  // as StepCost. pace: predicts the time of a step for sequences with all other work, as StepPace.
  template <typename Cost, typename Pace>
  StepPlan plan(std::span<const Candidate> candidates, const Cost& cost, const Pace& pace) {
    const Haste haste = options_.fixed_shapes ? Haste::kNone : haste_of(candidates);
    StepPlan plan = singles_of(candidates, haste);
    const Candidate* reading = next_reading(candidates, haste);
    if (haste != Haste::kNone) add_riders(candidates, cost, pace, haste, reading != nullptr, plan);
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
  // While a client has less than enough sound, a step may take this share of the time in which its
  // tokens are played; less while a client has next to none.
  static constexpr double kShareBesideNear = 0.65;
  static constexpr double kShareBesideDry = 0.5;
  // Rows of a prompt in a step of unknown cost.
  static constexpr int kFirstChunk = 8;

  // Why those with enough sound sit out.
  enum class Haste {
    kNone,
    kNear,  // a client has less than enough
    kDry,   // a client has next to none
  };

  static Haste haste_of(std::span<const Candidate> candidates);
  static StepPlan singles_of(std::span<const Candidate> candidates, Haste haste);
  static const Candidate* next_reading(std::span<const Candidate> candidates, Haste haste);
  // Those with enough sound, the first to run dry first and pieces made ahead last.
  static std::vector<const Candidate*> riders_of(std::span<const Candidate> candidates);
  static void add_all(std::span<const Candidate* const> riders, StepPlan& plan);
  void add_chunk(const Candidate& reading, int most_rows, StepPlan& plan);

  template <typename Cost>
  static int room_of(const StepPlan& plan, const Cost& cost) {
    const auto num_singles = static_cast<int>(plan.singles.size());
    if (cost.predict(1) == 0) return num_singles + kFirstChunk;
    return cost.most_rows(num_singles, kLongestStep, num_singles == 0 ? kQuickStep : 0);
  }

  template <typename Cost, typename Pace>
  static void add_riders(std::span<const Candidate> candidates, const Cost& cost, const Pace& pace,
                         Haste haste, bool one_reads, StepPlan& plan) {
    const int num_before = static_cast<int>(plan.singles.size()) + (one_reads ? 1 : 0);
    const double without = cost.predict(num_before);
    const bool in_time = without <= kSecondsPerToken;
    // Near clients that cannot be served in real time gain little from short steps.
    if (haste == Haste::kNear && !in_time) return add_all(riders_of(candidates), plan);
    const double share = haste == Haste::kNear ? kShareBesideNear : kShareBesideDry;
    // The pace may know nothing of steps this small: then it must not allow large ones.
    const double most_seconds = in_time ? std::max(kRide * without, share * kSecondsPerToken)
                                        : kRide * pace.predict(num_before);
    int num_rows = num_before;
    for (const Candidate* candidate : riders_of(candidates)) {
      ++num_rows;  // with other work, a step is no shorter than the network's part
      if (std::max(pace.predict(num_rows), cost.predict(num_rows)) > most_seconds) return;
      plan.singles.push_back(candidate->standing.id);
    }
  }

  SchedulerOptions options_;
  bool chunk_was_last_ = false;  // with fixed shapes: the next step generates tokens
};

}  // namespace orpheus::engine
