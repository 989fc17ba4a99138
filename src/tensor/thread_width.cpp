#include "tensor/thread_width.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "base/log.h"
#include "tensor/usable_cores.h"

namespace orpheus::tensor {
namespace {

// The averaging time: an observation this old counts a third. It is shorter than a listener notices
// and longer than the codec takes for a frame.
constexpr double kMemorySeconds = 0.3;
// With fewer threads no thread waits, so nothing shows whether the other programs have ended.
// Therefore more threads are tried now and then.
constexpr double kDelayMemorySeconds = 5;
// A shorter interval is not evidence.
constexpr double kLeastSeconds = 0.005;
// A share of the time in which a thread wanted to run. Every thread waits a little.
constexpr double kLeastShare = 0.05;
constexpr double kMostShare = 0.9;

// The number when the process began to compute. Asking again would read system files at every
// step.
struct Cores {
  int of_machine = num_cores_of_machine();
  int ours = num_usable_cores();

  static const Cores& known() {
    static const Cores cores;
    return cores;
  }
};

}  // namespace

ThreadWidth::ThreadWidth(int num_cores, int most, ReadDelay read_delay)
    : num_cores_(num_cores), most_(most), read_delay_(read_delay) {
  const int all = Cores::known().of_machine;
  if (num_cores >= all) {
    log::debug("up to {} compute threads; fewer while other programs use the machine's {} cores",
               most, all);
  } else {
    log::debug(
        "up to {} compute threads; fewer while they wait for the {} cores of this process (the "
        "load "
        "of the machine's {} cores does not show how busy these are)",
        most, num_cores, all);
  }
}

void ThreadWidth::observe(int num_others, std::chrono::duration<double> since) {
  observe_delay(since);
  const double newest = 1 - std::exp(-since.count() / kMemorySeconds);
  others_ += newest * (std::min(num_others, num_cores_) - others_);
}

// If o other threads and t of our threads share n cores, each runs n / (t + o) of the time.
void ThreadWidth::observe_delay(std::chrono::duration<double> since) {
  const auto now = read_delay_ != nullptr ? read_delay_() : std::nullopt;
  if (!now) return;
  const int num_threads = width();
  others_by_delay_ *= std::exp(-since.count() / kDelayMemorySeconds);
  if (!last_delay_) {
    last_delay_ = now;
    return;
  }
  const std::chrono::duration<double> ran = now->ran - last_delay_->ran;
  const std::chrono::duration<double> waited = now->waited - last_delay_->waited;
  const double wanted = ran.count() + waited.count();
  if (wanted < kLeastSeconds) return;
  last_delay_ = now;
  const double share = std::min(waited.count() / wanted, kMostShare);
  if (share < kLeastShare) return;
  const double others = num_cores_ / (1 - share) - num_threads;
  others_by_delay_ = std::min<double>(std::max(others_by_delay_, others), num_cores_);
}

// A core that other programs want for half of the time is left to them.
int ThreadWidth::width() const {
  const double others = std::max(others_, others_by_delay_);
  return std::clamp(static_cast<int>(std::floor(num_cores_ - others + 0.5)), 1, most_);
}

bool is_short_step(size_t bytes) {
  constexpr size_t kFewBytes = 32'000'000;
  return bytes < kFewBytes;
}

int threads_on_our_cores(int num_runnable, int num_cores_of_machine, int num_cores_of_ours) {
  const int num_elsewhere = std::max(0, num_cores_of_machine - num_cores_of_ours);
  return 1 + std::max(0, num_runnable - 1 - num_elsewhere);
}

std::optional<int> num_runnable_threads() {
  std::ifstream file("/proc/loadavg");  // "0.20 0.18 0.12 1/80 11206"
  std::string average;
  int runnable = 0;
  if (!(file >> average >> average >> average >> runnable)) return std::nullopt;
  return threads_on_our_cores(runnable, Cores::known().of_machine, Cores::known().ours);
}

std::optional<RunDelay> run_delay_on_part_of_machine() {
  if (Cores::known().ours >= Cores::known().of_machine) return std::nullopt;
  std::ifstream file("/proc/thread-self/schedstat");  // "3741085 52211 17": ns, ns, turns
  int64_t ran = 0;
  int64_t waited = 0;
  if (!(file >> ran >> waited)) return std::nullopt;
  return RunDelay{std::chrono::nanoseconds(ran), std::chrono::nanoseconds(waited)};
}

}  // namespace orpheus::tensor
