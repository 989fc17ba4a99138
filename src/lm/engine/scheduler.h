#pragma once
// Who waits, who is in progress, and what is read in the next step. Policy alone: it knows of
// sequences by number and touches no tensor. Belongs to one thread at a time.
//
// - Everybody who speaks makes a token in every step.
// - Beside them one prompt is read, the oldest first, in parts that keep the step short.
// - Whoever waits is admitted in the order of arrival, listeners in turn: the next place goes to
//   the listener with the fewest sequences in progress.
// - Where steps must have the same shape in any company, a part of a prompt and the tokens of those
//   who speak are steps by themselves, in turn.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace orpheus::engine {

using SequenceId = uint64_t;

struct SchedulerOptions {
  int max_sequences = 8;
  int max_waiting = 32;
  int prompt_chunk = 256;     // tokens of a prompt in a step, at most
  bool fixed_shapes = false;  // as Options::reproducible
};

// A sequence in progress, as the next step finds it.
struct Candidate {
  SequenceId id = 0;
  int num_unread = 0;   // tokens of its prompt; 0: it speaks
  bool paused = false;  // its listener is behind
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

// Whether a full queue refuses a request.
enum class QueueRoom { kBounded, kAlways };

class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options) : options_(options) {}

  // False when as many wait as may. Listener 0 stands for one who asked for nothing else.
  bool enqueue(SequenceId id, uint64_t listener, QueueRoom room = QueueRoom::kBounded);
  // The next one to begin, while there is a place.
  std::optional<SequenceId> admit();
  bool can_admit() const;
  // It ended, or left the queue.
  void remove(SequenceId id);

  // candidates: all in progress, in the order of their admission. most_rows: of the step, given how
  // many speak.
  template <typename MostRows>
  StepPlan plan(std::span<const Candidate> candidates, const MostRows& most_rows) {
    StepPlan plan = singles_of(candidates);
    add_chunk(candidates, most_rows(static_cast<int>(plan.singles.size())), plan);
    return plan;
  }

  size_t num_waiting() const { return waiting_.size(); }
  size_t num_running() const { return running_.size(); }

 private:
  struct Entry {
    SequenceId id;
    uint64_t listener;
  };
  static StepPlan singles_of(std::span<const Candidate> candidates);
  void add_chunk(std::span<const Candidate> candidates, int most_rows, StepPlan& plan);
  size_t num_running_of(uint64_t listener) const;

  SchedulerOptions options_;
  std::deque<Entry> waiting_;  // in the order of arrival
  std::vector<Entry> running_;
  bool chunk_was_last_ = false;  // with fixed shapes: the speaking ones are next
};

}  // namespace orpheus::engine
