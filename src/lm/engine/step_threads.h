#pragma once
// Chooses how many threads compute a step on a CPU: the cores that other threads do not need.
// Belongs to the engine thread.

#include <chrono>

#include "tensor/device_chain.h"
#include "tensor/thread_width.h"

namespace orpheus::engine {

class StepThreads {
 public:
  // reproducible: other sequences must not change the number of threads.
  StepThreads(const tensor::DeviceChain& devices, bool reproducible);

  // Call right after a step: its threads are idle and no reader has been woken. So the threads that
  // run now are not the engine's: other programs, the codec, the server.
  void follow_free_cores(const tensor::DeviceChain& devices);
  // bytes_per_token: of the weights that a row reads.
  void choose(tensor::DeviceChain& devices, size_t bytes_per_token, int num_rows);

 private:
  using Clock = std::chrono::steady_clock;

  const bool reproducible_;
  tensor::ThreadWidth width_;
  Clock::time_point observed_ = Clock::now();
};

}  // namespace orpheus::engine
