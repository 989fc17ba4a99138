#pragma once
// How far a client that plays a speech without pause has come. The thread that makes the speech
// says what it sends; the engine asks when the client runs dry. Safe from every thread.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <mutex>

namespace orpheus::lm {

class Playback {
 public:
  using Clock = std::chrono::steady_clock;

  struct Position {
    // When all that was sent has been played. Before the first sound: when the client asked.
    Clock::time_point dry_at;
    double sent_seconds = 0;
    size_t piece = 0;                  // of the text: the one whose sound is sent
    bool held_up = false;              // it has yet to take what was made
    double sent_seconds_of_piece = 0;  // of it
  };

  explicit Playback(Clock::time_point asked = Clock::now()) : now_{.dry_at = asked} {}

  void begin_piece(size_t piece) {
    const std::lock_guard lock(mutex_);
    now_.piece = piece;
    now_.sent_seconds_of_piece = 0;
  }

  // A client that ran dry plays on from here.
  void send(double seconds, Clock::time_point now = Clock::now()) {
    const auto length =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const std::lock_guard lock(mutex_);
    now_.dry_at = std::max(now_.dry_at, now) + length;
    now_.sent_seconds += seconds;
    now_.sent_seconds_of_piece += seconds;
  }

  // Whether the client has yet to take so much that nothing more is made for it. It does not run
  // dry meanwhile, nor at once behind it.
  void hold_up(bool held_up, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    if (now_.held_up && !held_up) now_.dry_at = std::max(now_.dry_at, now + kUntaken);
    now_.held_up = held_up;
  }

  Position position() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }

 private:
  static constexpr std::chrono::seconds kUntaken{3};  // less than any format keeps for a client
  mutable std::mutex mutex_;
  Position now_;
};

// Seconds from now until the client runs dry; below 0 since it did.
inline double seconds_in_hand(const Playback::Position& position, Playback::Clock::time_point now) {
  if (position.held_up) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(position.dry_at - now).count();
}

}  // namespace orpheus::lm
