#include <algorithm>
#include <thread>

#include "tensor/usable_cores.h"

namespace orpheus::tensor {

int num_usable_cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace orpheus::tensor
