#include "lm/admission.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <vector>

namespace orpheus::lm {
namespace {

// So many waiting sequences may fit nowhere before the others wait too.
constexpr size_t kMostPassed = 16;

// The number of lanes that each listener holds.
class Lanes {
 public:
  explicit Lanes(std::span<const Standing> standings) {
    for (const Standing& standing : standings) {
      if (!standing.holds_lane) continue;
      ++num_held_;
      if (standing.listener == 0) continue;
      const auto found = find(standing.listener);
      if (found == counts_.end()) {
        counts_.push_back({standing.listener, 1});
      } else {
        ++found->num_lanes;
      }
    }
  }

  int num_held() const { return num_held_; }
  int of(uint64_t listener) {
    const auto found = find(listener);
    return found == counts_.end() ? 0 : found->num_lanes;
  }

 private:
  struct Count {
    uint64_t listener;
    int num_lanes;
  };
  std::vector<Count>::iterator find(uint64_t listener) {
    return std::find_if(counts_.begin(), counts_.end(),
                        [&](const Count& count) { return count.listener == listener; });
  }

  std::vector<Count> counts_;
  int num_held_ = 0;
};

// The sequence with the smallest rank is served first.
auto rank(const Standing& waiting, Lanes& lanes) {
  const int order = waiting.is_dry() ? 0 : waiting.num_before == 0 ? 1 : 2;
  return std::tuple(order, waiting.num_before, order == 0 ? lanes.of(waiting.listener) : 0,
                    waiting.slack);
}

// passed: waiting sequences that fit nowhere.
const Standing* first_to_serve(std::span<const Standing> standings, Lanes& lanes,
                               std::span<const Standing* const> passed) {
  const Standing* first = nullptr;
  for (const Standing& standing : standings) {
    if (standing.holds_lane || standing.paused) continue;
    if (std::find(passed.begin(), passed.end(), &standing) != passed.end()) continue;
    if (first == nullptr || rank(standing, lanes) < rank(*first, lanes)) first = &standing;
  }
  return first;
}

// A dry client that yields cannot take the lane back at once: either the lanes are shared more
// evenly afterwards, or the client has made enough sound in its lane.
bool may_yield(const Standing& holder, const Standing& waiting, Lanes& lanes) {
  if (holder.paused) return true;
  if (!waiting.is_dry()) return false;
  if (holder.num_before > 0) return true;
  const int more_lanes = lanes.of(holder.listener) - lanes.of(waiting.listener);
  const bool same_listener = holder.listener == waiting.listener;
  if (!same_listener && more_lanes >= 2) return true;
  const bool had_its_turn = holder.made_in_lane >= kEnough && (same_listener || more_lanes > 0);
  return holder.slack - waiting.slack >= kEnough && (holder.is_comfortable() || had_its_turn);
}

// The sequence with the largest value yields first.
auto ease(const Standing& holder) {
  return std::tuple(holder.paused, holder.num_before, holder.slack);
}

}  // namespace

Standing standing_of(const GenerateRequest& request, Playback::Clock::time_point asked,
                     double made_seconds, Playback::Clock::time_point now) {
  Standing standing{.listener = request.listener};
  if (!request.playback) {
    standing.sounded = made_seconds > 0;
    standing.slack = made_seconds - std::chrono::duration<double>(now - asked).count();
    return standing;
  }
  const Playback::Position position = request.playback->position();
  standing.sounded = position.sent_seconds > 0;
  standing.num_before = request.piece - std::min(request.piece, position.piece);
  const double sent = standing.num_before == 0 ? position.sent_seconds_of_piece : 0;
  standing.slack = seconds_in_hand(position, now) + std::max(0.0, made_seconds - sent);
  return standing;
}

std::optional<Turn> next_turn(std::span<const Standing> standings, int num_lanes, Yielding yielding,
                              Places* places) {
  Lanes lanes(standings);
  std::vector<const Standing*> passed;
  while (passed.size() <= kMostPassed) {
    const Standing* waiting = first_to_serve(standings, lanes, passed);
    if (waiting == nullptr) return std::nullopt;
    const auto fits = [&](std::optional<SequenceId> without) {
      return places == nullptr || places->fits(waiting->num_units, without);
    };
    const bool is_full = lanes.num_held() >= num_lanes;
    if (!is_full && fits(std::nullopt)) return Turn{.begins = waiting->id, .yields = {}};
    const Standing* yields = nullptr;
    for (const Standing& standing : standings) {
      if (yielding == Yielding::kNever) break;
      if (!standing.holds_lane || !may_yield(standing, *waiting, lanes)) continue;
      if (!fits(standing.id)) continue;
      if (yields == nullptr || ease(*yields) < ease(standing)) yields = &standing;
    }
    if (yields != nullptr) return Turn{.begins = waiting->id, .yields = yields->id};
    if (places == nullptr || is_full) return std::nullopt;
    places->keep(waiting->num_units);
    for (const Standing& standing : standings) {
      if (standing.holds_lane && standing.paused && yielding == Yielding::kMay &&
          places->is_in_kept(standing.id))
        return Turn{.begins = 0, .yields = standing.id};
    }
    passed.push_back(waiting);
  }
  return std::nullopt;
}

}  // namespace orpheus::lm
