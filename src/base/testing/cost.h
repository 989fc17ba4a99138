#pragma once
// For tests: whether the time of a function grows in proportion to the length of its input. Both
// times come from the same run, so a slow machine or a sanitizer does not matter.
#include <algorithm>
#include <cstddef>
#include <ctime>
#include <limits>

namespace orpheus {

// Processor seconds of this thread for one call of run(). The least of three calls, because another
// program may disturb one.
template <class Run>
double cpu_seconds_of(Run&& run) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  double least = std::numeric_limits<double>::max();
  for (int call = 0; call < 3; ++call) {
    const double begin = now();
    run();
    least = std::min(least, now() - begin);
  }
  return least;
}

// Calls run_of(num_bytes) and run_of(num_bytes / 16). If the cost grows with the length, the long
// input takes 16 times as long; if it grows with the square, 256 times. The limit is between them.
// A first measurement above the limit is repeated twice.
template <class RunOf>
bool grows_in_proportion(size_t num_bytes, RunOf&& run_of) {
  constexpr double kLeastSeconds = 0.002;  // shorter times are noise
  const auto is_below_limit = [&] {
    const double brief = cpu_seconds_of([&] { run_of(num_bytes / 16); });
    return cpu_seconds_of([&] { run_of(num_bytes); }) < 64 * brief + kLeastSeconds;
  };
  return is_below_limit() || is_below_limit() || is_below_limit();
}

}  // namespace orpheus
