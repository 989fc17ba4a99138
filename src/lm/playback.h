#pragma once
// How far a client that plays without pause has played a speech. The thread that makes the speech
// reports the sound it sends; the engine asks when the client runs dry. Safe from every thread.

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
    // When all sent sound will have been played. Before the first sound: the time of the request.
    Clock::time_point dry_at;
    double sent_seconds = 0;
    size_t piece = 0;                  // index of the piece that is being sent
    bool held_up = false;              // the client has not yet taken what was made
    double sent_seconds_of_piece = 0;  // of that piece
    bool is_open = false;              // more text may arrive
  };

  explicit Playback(Clock::time_point asked = Clock::now()) : now_{.dry_at = asked} {}

  void begin_piece(size_t piece) {
    const std::lock_guard lock(mutex_);
    now_.piece = piece;
    now_.sent_seconds_of_piece = 0;
  }

  // A client that ran dry continues from now.
  void send(double seconds, Clock::time_point now = Clock::now()) {
    const auto length =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const std::lock_guard lock(mutex_);
    now_.dry_at = std::max(now_.dry_at, now) + length;
    now_.sent_seconds += seconds;
    now_.sent_seconds_of_piece += seconds;
  }

  // Reports whether generation pauses because the client has not taken the sound made so far. The
  // client does not count as dry during the pause or immediately after it.
  void hold_up(bool held_up, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    if (now_.held_up && !held_up) now_.dry_at = std::max(now_.dry_at, now + kUntaken);
    now_.held_up = held_up;
  }

  // Whether more text of the speech may arrive.
  void set_open(bool is_open) {
    const std::lock_guard lock(mutex_);
    now_.is_open = is_open;
  }

  Position position() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }

 private:
  static constexpr std::chrono::seconds kUntaken{3};  // less than waits for it in any format
  mutable std::mutex mutex_;
  Position now_;
};

// Seconds until the client runs out of sound. Negative: seconds since it ran out.
inline double seconds_in_hand(const Playback::Position& position, Playback::Clock::time_point now) {
  if (position.held_up) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(position.dry_at - now).count();
}

}  // namespace orpheus::lm
