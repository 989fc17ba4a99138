#include "tensor/thread_width.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace orpheus::tensor {
namespace {

// What was seen so long ago counts a third: shorter than a listener notices, longer than the codec
// takes for a frame.
constexpr double kMemorySeconds = 0.3;

}  // namespace

void ThreadWidth::observe(int num_others, std::chrono::duration<double> since) {
  const double newest = 1 - std::exp(-since.count() / kMemorySeconds);
  others_ += newest * (std::min(num_others, num_cores_) - others_);
}

// A core that others want half of the time is theirs.
int ThreadWidth::width() const {
  return std::clamp(static_cast<int>(std::floor(num_cores_ - others_ + 0.5)), 1, most_);
}

bool is_short_step(size_t bytes) {
  constexpr size_t kFewBytes = 32'000'000;
  return bytes < kFewBytes;
}

std::optional<int> num_runnable_threads() {
  std::ifstream file("/proc/loadavg");  // "0.20 0.18 0.12 1/80 11206"
  std::string average;
  int runnable = 0;
  if (file >> average >> average >> average >> runnable) return runnable;
  return std::nullopt;
}

}  // namespace orpheus::tensor
