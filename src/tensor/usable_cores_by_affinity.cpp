#include <algorithm>
#include <thread>

#include <sched.h>

#include "tensor/usable_cores.h"

namespace orpheus::tensor {

int num_usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  // More cores than the set has room for.
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace orpheus::tensor
