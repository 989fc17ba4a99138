#pragma once
// Settings of a device. Filled by config/.

#include <string>

namespace orpheus::tensor {

struct DeviceOptions {
  std::string name = "auto";  // "auto" takes the first GPU, else the CPU
  bool pack_weights = true;   // on a CPU: quantised matrices in a layout of their own
  int num_threads = 0;        // of the CPU's part; 0 takes every core that this process may use
};

}  // namespace orpheus::tensor
