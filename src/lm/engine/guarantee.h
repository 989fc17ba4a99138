#pragma once
// The policy of Guarantee::kRealtime: whether another listener may begin without interrupting the
// speeches in progress. Pure: it knows numbers and times only, and is tested without a model.
// Belongs to one thread at a time.
//
// - A listener is a speech that has tokens to generate, or that may ask for more (open_speeches.h).
//   A speech with all tokens generated needs nothing.
// - Each listener needs a second of sound in each second: a token every 12 ms. A near listener has
//   less than lm::kEnough seconds of sound left. It needs more, so that this time grows. Other
//   listeners may skip steps meanwhile (scheduler.h).
// - The policy records how long the sequences of a step took from the end of the last step, with
//   all other work: parts of prompts, sampling, the codec on the same device. From these times it
//   predicts how many listeners a step can serve in time, and how many near listeners.
// - Each listener needs units of the cache for its longest piece.
// - While a listener that has begun to hear waits for sound, no other listener begins.
// - A first listener always begins. Before its steps were measured, it stays alone.

#include <span>

#include "lm/admission.h"
#include "lm/engine/step_pace.h"

namespace orpheus::engine {

// What the sequences in progress ask of the engine.
struct Demand {
  int num_listeners = 0;
  int num_near = 0;          // of these: they have less than lm::kEnough seconds in hand
  int num_units = 0;         // of the cache, for the longest sequence of each listener
  bool one_is_late = false;  // a listener has begun to hear, and waits for sound
};

// A sequence in progress and its speech; null: a request of its own.
struct Demanding {
  lm::Standing standing;
  const void* speech = nullptr;
};
Demand demand_of(std::span<const Demanding> sequences);

class RealtimeGuarantee {
 public:
  // A step may take a share of the time in which its tokens are played. The rest is for prompts of
  // newcomers and for other programs. The codec on a CPU decodes every frame at once. On a GPU it
  // waits for windows of frames.
  static constexpr double kShare = 0.8;
  static constexpr double kShareWithWindows = 0.65;
  // Near listeners alone: generated at 2.5 times the speed at which they play. Found with
  // bench_serving_sim.
  static constexpr double kShareOfNear = 0.4;

  // num_units: of the cache. bucket_of_rows: as for StepCost.
  RealtimeGuarantee(int num_lanes, int num_units, int (*bucket_of_rows)(int),
                    double share = kShare);

  // A step generated a token for each of num_sequences, and took `seconds` since the last step
  // ended.
  void record(int num_sequences, double seconds);
  // The largest number of listeners that are held. 1 if nothing is known yet.
  int most_listeners() const { return most_listeners_; }
  // num_units: that the newcomer's first sequence needs.
  bool has_room(const Demand& demand, int num_units = 1) const;
  // The time of steps with all other work.
  const StepPace& pace() const { return pace_; }

 private:
  int largest_number(double share) const;

  const int num_lanes_;
  const int num_units_;
  const double share_;
  StepPace pace_;
  int most_listeners_ = 1;
  int most_near_ = 1;
};

}  // namespace orpheus::engine
