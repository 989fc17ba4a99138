#pragma once
// Telling another thread takes memory. Where there is none there may be some soon, and a connection
// that is told nothing would wait for ever.

#include <chrono>
#include <exception>
#include <thread>

namespace orpheus::http {

// Calls tell until it throws nothing, for five seconds at most. Blocks meanwhile, so not for the
// I/O thread.
template <typename Tell>
void insist(const Tell& tell) {
  constexpr int kMaxTries = 500;
  for (int tries = 0; tries < kMaxTries; ++tries) {
    try {
      return tell();
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace orpheus::http
