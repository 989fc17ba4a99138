#pragma once
// The devices that one model stands on, in the order of its layers: one of them, or several where
// the model is too large for one. Belongs to one thread at a time, as its devices do.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/device.h"
#include "tensor/options.h"

namespace orpheus::tensor {

// --device takes replicas with commas between them, each a device or several with + between them:
// "CUDA0,CUDA1+CUDA2" is {"CUDA0", "CUDA1+CUDA2"}. At least one.
std::vector<std::string> replica_names(const std::string& list);
// "CUDA1+CUDA2" is {"CUDA1", "CUDA2"}. At least one.
std::vector<std::string> device_names(const std::string& replica);
// "CUDA0,CUDA1+CUDA2" begins with CUDA0: there the codec is where nobody chose.
std::string first_device_name(const std::string& list);

// The layers that no GPU holds are the last ones: a replica that names a GPU behind a CPU is
// refused.
Error gpu_behind_a_cpu(const std::string& replica, const std::string& gpu);

class DeviceChain {
 public:
  // Of one device.
  DeviceChain(std::unique_ptr<Device> device);  // NOLINT(google-explicit-constructor)
  // options.name: that of one replica. Errors: those of Device::open; kUsage (a GPU behind a CPU).
  static Result<DeviceChain> open(const DeviceOptions& options);

  size_t size() const { return devices_.size(); }
  const Device& operator[](size_t index) const { return *devices_[index]; }
  const Device& front() const { return *devices_.front(); }

  std::string name() const;         // "CUDA0+CUDA1"
  std::string description() const;  // "NVIDIA H100 + NVIDIA A10"; once where all have the same
  bool includes_a_cpu() const;
  // How often a device of that name stands in it.
  size_t count(const std::string& name) const;

  // Of the CPU's part on each, as of a Device.
  int max_threads() const { return front().max_threads(); }
  void set_num_threads(int num_threads);

 private:
  DeviceChain() = default;
  std::vector<std::unique_ptr<Device>> devices_;  // never empty
};

}  // namespace orpheus::tensor
