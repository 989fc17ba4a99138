#pragma once
// Settings of a device. Filled by config/.

#include <string>

namespace orpheus::tensor {

struct DeviceOptions {
  // "auto" takes the first GPU, else the CPU. Of a chain of devices: "CUDA0+CUDA1"; of replicas:
  // "CUDA0,CUDA1" (tensor/device_chain.h).
  std::string name = "auto";
  bool pack_weights = true;  // on a CPU: quantised matrices in a layout of their own
  int num_threads = 0;       // of the CPU's part; 0 takes every core that this process may use
};

}  // namespace orpheus::tensor
