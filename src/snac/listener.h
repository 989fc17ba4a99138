#pragma once
// The client that hears a stream. A stream with a listener does not wait for its device: it orders
// a window and returns (Stream::begin_window). The functions must not block and may be called from
// any thread, also after the end of the stream. They take no lock of the codec.

#include <chrono>
#include <functional>

namespace orpheus::snac {

struct Listener {
  using Clock = std::chrono::steady_clock;

  // Seconds of sound that the client has and has not heard yet. Negative: seconds since it ran out.
  // Infinite: the client does not take the sound that is there.
  std::function<double(Clock::time_point now)> seconds_in_hand;
  // Called when the stream can go on. May be empty.
  std::function<void()> wake;
};

}  // namespace orpheus::snac
