#include "tensor/device.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <ggml-backend.h>
#include <ggml.h>

#include "base/threads.h"
#include "tensor/backends.h"
#include "tensor/host_memory.h"
#include "tensor/usable_cores.h"

namespace orpheus::tensor {
namespace {

DeviceInfo describe(ggml_backend_dev_t device) {
  ggml_backend_dev_props properties{};
  ggml_backend_dev_get_props(device, &properties);
  DeviceInfo info;
  info.name = properties.name;
  info.description = properties.description;
  info.memory_total_bytes = properties.memory_total;
  info.memory_free_bytes = properties.memory_free;
  switch (properties.type) {
    case GGML_BACKEND_DEVICE_TYPE_CPU: info.kind = DeviceKind::kCpu; break;
    case GGML_BACKEND_DEVICE_TYPE_GPU: info.kind = DeviceKind::kGpu; break;
    case GGML_BACKEND_DEVICE_TYPE_IGPU: info.kind = DeviceKind::kIntegratedGpu; break;
    default: info.kind = DeviceKind::kAccelerator; break;
  }
  return info;
}

std::vector<ggml_backend_dev_t> all_devices() {
  load_backends();
  std::vector<ggml_backend_dev_t> devices;
  for (size_t i = 0; i < ggml_backend_dev_count(); ++i) devices.push_back(ggml_backend_dev_get(i));
  return devices;
}

ggml_backend_dev_t find_device(std::string_view name) {
  const auto devices = all_devices();
  if (name != "auto") {
    const auto found = std::find_if(devices.begin(), devices.end(), [&](ggml_backend_dev_t device) {
      return name == ggml_backend_dev_name(device);
    });
    return found == devices.end() ? nullptr : *found;
  }
  for (const auto kind : {GGML_BACKEND_DEVICE_TYPE_GPU, GGML_BACKEND_DEVICE_TYPE_IGPU,
                          GGML_BACKEND_DEVICE_TYPE_CPU}) {
    if (ggml_backend_dev_t device = ggml_backend_dev_by_type(kind)) return device;
  }
  return nullptr;
}

void set_threads_of(ggml_backend_t cpu, int num_threads) {
  // Looked up by name because the CPU back end may be a library that was loaded at run time.
  ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(ggml_backend_get_device(cpu));
  auto* set = reinterpret_cast<ggml_backend_set_n_threads_t>(
      ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"));
  if (set != nullptr) set(cpu, num_threads);
}

}  // namespace

void tell_cuda(const DeviceOptions& options) {
  constexpr int kKeepUsers = 0;
  if (!options.replays_graphs) ::setenv("GGML_CUDA_DISABLE_GRAPHS", "1", kKeepUsers);
  if (options.matrix_precision == MatrixPrecision::kF32)
    ::setenv("NVIDIA_TF32_OVERRIDE", "0", kKeepUsers);
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> infos;
  for (ggml_backend_dev_t device : all_devices()) infos.push_back(describe(device));
  return infos;
}

Result<std::unique_ptr<Device>> Device::open(const DeviceOptions& options) {
  if (options.num_threads < 0) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the number of threads is negative",
                 .expected = "0 (all cores) or more",
                 .found = std::to_string(options.num_threads)});
  }
  ggml_backend_dev_t found = find_device(options.name);
  if (found == nullptr) {
    const auto devices = list_devices();
    if (devices.empty()) return fail(no_backend());
    std::string names = "auto";
    for (const DeviceInfo& info : devices) names += ", " + info.name;
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "there is no device '" + options.name + "'",
                 .expected = names});
  }
  std::unique_ptr<Device> device(new Device());
  device->info_ = describe(found);
  device->matrix_precision_ = options.matrix_precision;
  device->main_ = ggml_backend_dev_init(found, nullptr);
  device->cpu_ = device->is_cpu()
                     ? device->main_
                     : ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
  if (device->main_ == nullptr || device->cpu_ == nullptr) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = "the device '" + device->info_.name + "' failed to start",
                 .remedy = "Check its driver, or choose --device CPU."});
  }
  device->max_threads_ = options.num_threads > 0 ? options.num_threads : num_usable_cores();
  // ggml ends the program if it cannot start a thread.
  ORPHEUS_CHECK(check_threads(static_cast<size_t>(device->max_threads_ - 1)));
  device->set_num_threads(device->max_threads_);
  return device;
}

void Device::set_num_threads(int num_threads) {
  if (num_threads == num_threads_) return;
  num_threads_ = num_threads;
  set_threads_of(cpu_, num_threads);
}

size_t Device::free_memory_bytes() const {
  const DeviceInfo now = describe(ggml_backend_get_device(main_));
  return is_cpu() ? std::min(now.memory_total_bytes, available_host_bytes())
                  : now.memory_free_bytes;
}

Device::~Device() {
  if (*is_broken_) return;  // freeing its back ends would free memory twice
  if (cpu_ != nullptr && cpu_ != main_) ggml_backend_free(cpu_);
  if (main_ != nullptr) ggml_backend_free(main_);
}

}  // namespace orpheus::tensor
