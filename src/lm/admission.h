#pragma once
// The admission policy: which sequences hold the lanes of the engine's cache, and which requests
// are at remote servers. It is pure: it gets the state of all sequences, the time included, and
// returns the next change. Only this policy decides which client is served first.
//
// - The slack of a sequence is the number of seconds until its client has played all sound made for
//   it. A new request has slack 0, which falls while the request waits.
// - A client with less slack than kNothingToHear is dry. Dry clients come first; among them the
//   listener with the fewest lanes, then the least slack. Then come the other sequences that are
//   heard now, by slack. Pieces that are made ahead come last, the next piece of each speech first.
// - If no lane is free, a dry client gets the lane of a piece made ahead; else of a client with
//   kEnough more slack; else of a listener that holds two lanes more than the client's own
//   listener.
// - A client with less slack than kEnough yields only after kEnough seconds of sound were made in
//   its lane. The reason: getting a lane costs time, because the prompt and tokens are read again.

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

// The state of a sequence, as the policy sees it.
struct Standing {
  SequenceId id = 0;
  uint64_t listener = 0;  // 0: a listener with this request only
  double slack = 0;       // seconds
  size_t num_before = 0;  // pieces of its speech that are heard before this one; 0: heard now
  bool sounded = false;   // its client has heard some of the speech
  bool holds_lane = false;
  double made_in_lane = 0;  // seconds of sound since it got the lane
  bool paused = false;      // waits for its client to read: needs no lane
  int num_units = 1;        // the length of its lane, where lanes have several lengths

  bool is_new() const { return num_before == 0 && !sounded; }
  bool is_dry() const { return num_before == 0 && slack < kNothingToHear; }
  // Whether the client can wait while another one is dry.
  bool is_comfortable() const { return num_before > 0 || slack >= kEnough; }
};

enum class Yielding {
  kMay,
  kNever,  // a sequence keeps its lane until it ends
};

// The state of a request that arrived at `asked` and has made_seconds of sound so far. The caller
// fills in id, lane and pause.
Standing standing_of(const GenerateRequest& request, Playback::Clock::time_point asked,
                     double made_seconds, Playback::Clock::time_point now);

// Whether the first one runs dry earlier. Pieces that are heard now come before pieces made ahead.
inline bool comes_before(const Standing& first, const Standing& second) {
  return std::tie(first.num_before, first.slack) < std::tie(second.num_before, second.slack);
}

// One change: a sequence gets a free lane, or the lane that another sequence yields.
struct Turn {
  SequenceId begins = 0;  // 0: nobody; a paused sequence yields, so that a long lane becomes free
  std::optional<SequenceId> yields;
};

// Where lanes of several lengths fit.
class Places {
 public:
  virtual ~Places() = default;
  // without: a holder that would leave its lane first.
  virtual bool fits(int num_units, std::optional<SequenceId> without) const = 0;
  // Keeps a place for such a lane, which fits nowhere now. Other sequences no longer fit there, so
  // that it becomes free.
  virtual void keep(int num_units) = 0;
  // Whether this holder's lane is in that place.
  virtual bool is_in_kept(SequenceId holder) const = 0;
};

// The next change; nothing if no change is needed. standings: in the order of arrival. places: if
// lanes have several lengths. If the first sequence fits nowhere, a place is kept for it and the
// next ones may begin elsewhere.
std::optional<Turn> next_turn(std::span<const Standing> standings, int num_lanes,
                              Yielding yielding = Yielding::kMay, Places* places = nullptr);

}  // namespace orpheus::lm
