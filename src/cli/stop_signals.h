#pragma once
// The requests of the system and the user to end the program: signals, Ctrl-C, a closed terminal.

#include <functional>
#include <memory>

#include "base/result.h"

namespace orpheus::cli {

// For main(), before threads start: a signal that ends the program calls leave first, which may
// call only what a signal handler may call. Writing to a closed pipe, or past a limit of a file's
// size, becomes an error of the write.
void call_before_an_end(void (*leave)(int));

// Until wait() returns, such a signal ends only the wait.
class StopSignals {
 public:
  static Result<StopSignals> take();
  StopSignals(StopSignals&&) noexcept;
  ~StopSignals();

  // Waits for the first request to stop, and calls reload for each request to read the settings
  // again. Afterwards a second request ends the program at once; a closed terminal does not.
  void wait(const std::function<void()>& reload) const;

 private:
  struct Before;  // what the signals did
  explicit StopSignals(std::unique_ptr<const Before> before);

  std::unique_ptr<const Before> before_;
};

}  // namespace orpheus::cli
