#pragma once
// For tests: recorded facts of machines.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "hardware/facts.h"

namespace orpheus::hardware {

inline constexpr size_t kGiB = size_t{1} << 30U;
inline constexpr size_t kMiB = size_t{1} << 20U;

inline tensor::DeviceInfo gpu(const std::string& description, size_t mib,
                              const std::string& name = "CUDA0") {
  return {.name = name,
          .description = description,
          .kind = tensor::DeviceKind::kGpu,
          .memory_total_bytes = mib * kMiB,
          .memory_free_bytes = mib * kMiB / 100 * 97};
}

inline Facts machine(std::vector<tensor::DeviceInfo> gpus, size_t host_gib = 64) {
  Facts facts{.devices = std::move(gpus)};
  facts.devices.push_back({.name = "CPU",
                           .description = "a processor",
                           .kind = tensor::DeviceKind::kCpu,
                           .memory_total_bytes = host_gib * kGiB,
                           .memory_free_bytes = host_gib * kGiB});
  facts.cpu = {.name = "a processor", .num_machine_cores = 16, .num_usable_cores = 16};
  facts.memory = {.total_bytes = host_gib * kGiB, .available_bytes = host_gib * kGiB / 10 * 9};
  return facts;
}

}  // namespace orpheus::hardware
