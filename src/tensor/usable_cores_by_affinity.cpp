#include <algorithm>
#include <thread>

#include <sched.h>

#include "tensor/control_groups.h"
#include "tensor/usable_cores.h"

namespace orpheus::tensor {

int num_usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  // The call fails if there are more cores than the set has room for.
  const bool known = sched_getaffinity(0, sizeof(cores), &cores) == 0;
  const int allowed =
      known ? CPU_COUNT(&cores) : static_cast<int>(std::thread::hardware_concurrency());
  const auto quota = cores_of_control_groups("/proc/self/cgroup", "/sys/fs/cgroup");
  return std::max(1, std::min(allowed, quota.value_or(allowed)));
}

bool keep_to_cores(int count) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return false;
  for (size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores) && --count < 0) CPU_CLR(core, &cores);
  }
  return sched_setaffinity(0, sizeof(cores), &cores) == 0;
}

}  // namespace orpheus::tensor
