#pragma once
// The processor time of the calling thread: what the thread computed, without the time that it
// waited or that others had its core. Any thread.

#include <ctime>

namespace orpheus {

// Seconds, from an arbitrary beginning. Differences are meaningful within one thread.
inline double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace orpheus
