#pragma once
// Which sequences are made: who holds the lanes of the engine's cache, and which requests are at
// servers elsewhere. Pure policy: it is given how things stand, the time included, and says the
// next change. It is the only place that decides who is served first.
//
// - The slack of a sequence is the seconds until its client has played all that was made for it.
//   The slack of a newcomer is 0, and falls while it waits.
// - A client with less than kNothingToHear is dry. Dry ones come first: the listener with the
//   fewest lanes, then the least slack. Other sequences that are heard follow by slack, then the
//   pieces that are made ahead of what is heard, the next piece of each speech first.
// - Where no lane is free, a dry client gets one from a piece made ahead; else from a client whose
//   slack is kEnough more; else from a listener that holds two lanes more than its own.
// - A client that has less than kEnough itself yields only behind kEnough of sound made in its
// lane:
//   what a lane costs, the prompt and tokens that are read again, is paid for by sound.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>

#include "lm/language_model.h"
#include "lm/playback.h"

namespace orpheus::lm {

using SequenceId = uint64_t;

inline constexpr double kNothingToHear = 0.5;  // seconds
inline constexpr double kEnough = 3.0;         // seconds

// How a sequence stands.
struct Standing {
  SequenceId id = 0;
  uint64_t listener = 0;  // 0: somebody who asks for nothing else
  double slack = 0;       // seconds
  size_t num_before = 0;  // pieces of its speech that are heard before it; 0: it is heard
  bool sounded = false;   // its client has heard something of the speech
  bool holds_lane = false;
  double made_in_lane = 0;  // seconds of sound, since it got the lane
  bool paused = false;      // its client must read first: it needs no lane

  bool is_new() const { return num_before == 0 && !sounded; }
  bool is_dry() const { return num_before == 0 && slack < kNothingToHear; }
  // A client that need not be served while another is dry.
  bool is_comfortable() const { return num_before > 0 || slack >= kEnough; }
};

enum class Yielding {
  kMay,
  kNever,  // a sequence keeps its lane to its end
};

// How a request stands that was made at `asked`, of which made_seconds of sound have been made. Its
// id, lane and pause are the caller's to fill in.
Standing standing_of(const GenerateRequest& request, Playback::Clock::time_point asked,
                     double made_seconds, Playback::Clock::time_point now);

// Whether the first runs dry earlier, pieces that are heard before those that are made ahead.
inline bool comes_before(const Standing& first, const Standing& second) {
  return std::tie(first.num_before, first.slack) < std::tie(second.num_before, second.slack);
}

// One change: a sequence gets a free lane, or the one that another yields.
struct Turn {
  SequenceId begins = 0;
  std::optional<SequenceId> yields;
};

// The next change; nothing where all may stay as it is. Standings in the order of arrival.
std::optional<Turn> next_turn(std::span<const Standing> standings, int num_lanes,
                              Yielding yielding = Yielding::kMay);

}  // namespace orpheus::lm
