#pragma once
// When a place for another speech is expected to be free, from what is in progress. Pure; the time
// is an argument. Belongs to one thread at a time.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace orpheus::http {

class Backlog {
 public:
  // Seconds until a client that is refused at `now` should come back: 1 … 59. Clients that were
  // refused before and have not come back take the places before it. remaining: seconds of sound
  // that each speech in progress has still to make; rate: seconds of sound made in a second, by all
  // together. Clients give up on more than a minute, or come back too soon (OpenAI's do).
  int seconds_until_place(std::span<const double> remaining, double rate, double now);

 private:
  std::vector<double> awaited_;  // when those clients come back
  uint64_t num_told_ = 0;
};

// Seconds of sound that all speeches together make in a second, as measured in the last half
// minute, or since the first of them began; before that, as measured last; nothing where nobody has
// measured.
class Rate {
 public:
  // total: seconds of sound made since the start of the program.
  void begin(double total, double now);
  std::optional<double> measure(double total, double now);

 private:
  struct Mark {
    double time = 0;
    double total = 0;
  };
  Mark since_;
  Mark next_;  // takes its place when it is old enough
  std::optional<double> last_;
};

}  // namespace orpheus::http
