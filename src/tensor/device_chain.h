#pragma once
// The devices that hold one model, in the order of its layers: one device, or several if the model
// is too large for one. Belongs to one thread at a time, like its devices.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/device.h"
#include "tensor/options.h"

namespace orpheus::tensor {

// Splits the value of --device into replicas: "CUDA0,CUDA1+CUDA2" is {"CUDA0", "CUDA1+CUDA2"}. At
// least one.
std::vector<std::string> replica_names(const std::string& list);
// Splits a replica into devices: "CUDA1+CUDA2" is {"CUDA1", "CUDA2"}. At least one.
std::vector<std::string> device_names(const std::string& replica);
// The first device: CUDA0 of "CUDA0,CUDA1+CUDA2". The codec's default device.
std::string first_device_name(const std::string& list);

// The error for a replica that names a GPU after a CPU: a CPU takes the last
// layers.
Error gpu_behind_a_cpu(const std::string& replica, const std::string& gpu);

class DeviceChain {
 public:
  // A chain of one device.
  DeviceChain(std::unique_ptr<Device> device);  // NOLINT(google-explicit-constructor)
  // options.name is one replica. Errors: those of Device::open; kUsage (a GPU after a CPU).
  static Result<DeviceChain> open(const DeviceOptions& options);

  size_t size() const { return devices_.size(); }
  const Device& operator[](size_t index) const { return *devices_[index]; }
  const Device& front() const { return *devices_.front(); }

  std::string name() const;         // "CUDA0+CUDA1"
  std::string description() const;  // "NVIDIA H100 + NVIDIA A10"; one name if all are equal
  bool includes_a_cpu() const;
  // How many times a device of that name is in the chain.
  size_t count(const std::string& name) const;

  // Threads of the CPU part of each device, as in Device.
  int max_threads() const { return front().max_threads(); }
  void set_num_threads(int num_threads);

 private:
  DeviceChain() = default;
  std::vector<std::unique_ptr<Device>> devices_;  // never empty
};

}  // namespace orpheus::tensor
