#pragma once
// Settings of a device. Filled by config/.

#include <string>

namespace orpheus::tensor {

// The precision of matrix products, if the back end has a choice. On a CPU, sums are always
// float32.
enum class MatrixPrecision {
  kF16,   // sums may be float16: the back end uses its fastest kernels
  kTf32,  // sums are float32; CUDA may round float32 factors to TF32, 10 bits of mantissa
  kF32,   // as kTf32, and cuBLAS does not round factors either
};

struct DeviceOptions {
  // A device's name; "auto" takes the first GPU, else the CPU. A chain of devices is "CUDA0+CUDA1",
  // replicas are "CUDA0,CUDA1" (tensor/device_chain.h).
  std::string name = "auto";
  int num_threads = 0;  // of the CPU part; 0 takes every core that this process may use
  MatrixPrecision matrix_precision = MatrixPrecision::kTf32;
  bool replays_graphs = true;  // CUDA graphs: start all kernels of a step together

  bool operator==(const DeviceOptions&) const = default;
};

}  // namespace orpheus::tensor
