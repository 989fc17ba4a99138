#pragma once
// Settings of a device. Filled by config/.

#include <string>

namespace orpheus::tensor {

// How finely matrices are multiplied, where a back end has the choice. A CPU has none: its sums are
// float32.
enum class MatrixPrecision {
  kF16,   // sums may be float16, whatever the back end finds quickest
  kTf32,  // sums are float32; CUDA may round float32 factors to TF32, 10 bits of mantissa
  kF32,   // nor does cuBLAS round them
};

struct DeviceOptions {
  // "auto" takes the first GPU, else the CPU. Of a chain of devices: "CUDA0+CUDA1"; of replicas:
  // "CUDA0,CUDA1" (tensor/device_chain.h).
  std::string name = "auto";
  int num_threads = 0;  // of the CPU's part; 0 takes every core that this process may use
  MatrixPrecision matrix_precision = MatrixPrecision::kTf32;
  bool replays_graphs = true;  // CUDA graphs: a step's kernels are started together

  bool operator==(const DeviceOptions&) const = default;
};

}  // namespace orpheus::tensor
