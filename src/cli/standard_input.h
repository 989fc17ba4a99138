#pragma once
// Reads standard input while it arrives. For one thread.

#include <span>

namespace orpheus::cli {

// Waits until bytes can be read or the input has ended; false after this many milliseconds without.
bool wait_for_standard_input(int milliseconds);

struct ReadBytes {
  enum class Outcome { kBytes, kEnd, kLater, kFailed };
  Outcome outcome = Outcome::kFailed;
  size_t count = 0;  // of bytes
};
ReadBytes read_standard_input(std::span<char> buffer);

}  // namespace orpheus::cli
