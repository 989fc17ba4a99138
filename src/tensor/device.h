#pragma once
// The devices that compute tensors: those of every ggml back end that this build has or finds at
// run time.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/options.h"

struct ggml_backend;
struct ggml_backend_device;

namespace orpheus::tensor {

enum class DeviceKind { kCpu, kGpu, kIntegratedGpu, kAccelerator };

struct DeviceInfo {
  std::string name;         // as --device takes it: "CPU", "CUDA0", "Vulkan0"
  std::string description;  // "NVIDIA H100", "llvmpipe …"
  DeviceKind kind = DeviceKind::kCpu;
  size_t memory_total_bytes = 0;
  size_t memory_free_bytes = 0;
};

// Sets two environment variables that are read only once: GGML_CUDA_DISABLE_GRAPHS (by CUDA's back
// end) and NVIDIA_TF32_OVERRIDE (by cuBLAS). Keeps values of the user. Call before any computation
// and before other threads begin.
void tell_cuda(const DeviceOptions& options);

// Lists every device. Loads the back ends on the first call. May be called from any thread.
std::vector<DeviceInfo> list_devices();

// A device opened for computing, and a CPU for operations that the device does not support. Every
// Device of the same name may share weights; a Device itself belongs to one thread at a time.
class Device {
 public:
  // Errors: kNotFound (no such device; the message lists the devices), kLimit (its threads
  // cannot be started), kUnavailable (it does not start), kUsage (a negative number of threads).
  static Result<std::unique_ptr<Device>> open(const DeviceOptions& options);
  ~Device();

  const DeviceInfo& info() const { return info_; }
  bool is_cpu() const { return info_.kind == DeviceKind::kCpu; }
  MatrixPrecision matrix_precision() const { return matrix_precision_; }
  // Free memory now. For a CPU: what the system and the process's memory limit leave.
  size_t free_memory_bytes() const;

  // Threads of the CPU part: as many as it was opened with, until set_num_threads changes them.
  int max_threads() const { return max_threads_; }
  void set_num_threads(int num_threads);

  ggml_backend* main() const { return main_; }
  ggml_backend* cpu() const { return cpu_; }  // the same as main() on a CPU

  // Set after ggml ran out of memory during a computation. Its back end must then not be used or
  // freed. A newly opened Device works.
  const std::shared_ptr<std::atomic<bool>>& is_broken() const { return is_broken_; }

 private:
  Device() = default;
  DeviceInfo info_;
  MatrixPrecision matrix_precision_ = MatrixPrecision::kTf32;
  int max_threads_ = 1;
  int num_threads_ = 0;
  std::shared_ptr<std::atomic<bool>> is_broken_ = std::make_shared<std::atomic<bool>>(false);
  ggml_backend* main_ = nullptr;
  ggml_backend* cpu_ = nullptr;
};

}  // namespace orpheus::tensor
