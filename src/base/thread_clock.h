#pragma once
// The processor time of the calling thread: computing time, without the time that the thread waited
// or was preempted. Any thread.

#include <ctime>

namespace orpheus {

// Seconds since an arbitrary moment. Differences are meaningful within one thread.
inline double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace orpheus
