#include "lm/engine/step_threads.h"

#include <algorithm>

#include "tensor/usable_cores.h"

namespace orpheus::engine {
namespace {

// The interval between questions to the system about runnable threads; each takes tens of
// microseconds.
constexpr auto kLookAgain = std::chrono::milliseconds(5);

}  // namespace

StepThreads::StepThreads(const tensor::DeviceChain& devices, bool reproducible)
    : reproducible_(reproducible), width_(tensor::num_usable_cores(), devices.max_threads()) {}

void StepThreads::follow_free_cores(const tensor::DeviceChain& devices) {
  if (!devices.includes_a_cpu() || reproducible_ || devices.max_threads() == 1) return;
  const auto now = Clock::now();
  if (now - observed_ < kLookAgain) return;
  const auto runnable = tensor::num_runnable_threads();
  if (!runnable) return;
  width_.observe(std::max(0, *runnable - 1), now - observed_);
  observed_ = now;
}

void StepThreads::choose(tensor::DeviceChain& devices, size_t bytes_per_token, int num_rows) {
  if (!devices.includes_a_cpu() || devices.max_threads() == 1) return;
  const int most = reproducible_ ? devices.max_threads() : width_.width();
  const auto num_sharing = static_cast<size_t>(reproducible_ ? 1 : num_rows);
  const bool one_is_enough = tensor::is_short_step(bytes_per_token * num_sharing);
  devices.set_num_threads(one_is_enough ? 1 : most);
}

}  // namespace orpheus::engine
