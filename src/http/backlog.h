#pragma once
// When a place for another speech is expected to be free, from what is in progress. Pure; the time
// is an argument. Belongs to one thread at a time.

#include <span>

namespace orpheus::http {

class Backlog {
 public:
  // Seconds until a client that is refused at `now` should come back: 1 … 59. Each further client
  // that is refused is given a later place. remaining: seconds of sound that each speech in
  // progress has still to make; rate: seconds of sound made in a second. Clients give up on more
  // than a minute, or come back too soon (OpenAI's do).
  int seconds_until_place(std::span<const double> remaining, double rate, double now);

 private:
  double promised_ = 0;  // the place that was promised last is free then
};

// Seconds of sound that all speeches together make in a second, as measured since the first of them
// began; before that, as measured last.
class Rate {
 public:
  // total: seconds of sound made since the start of the program.
  void begin(double total, double now);
  double measure(double total, double now);

 private:
  double since_ = 0;
  double before_ = 0;
  double last_ = 2;  // nobody has measured yet
};

}  // namespace orpheus::http
