#include <algorithm>
#include <thread>

#include "tensor/usable_cores.h"

namespace orpheus::tensor {

int num_usable_cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

bool keep_to_cores(int /*count*/) { return false; }

}  // namespace orpheus::tensor
