#pragma once
// Tiers: classes of machines, with default settings for each. Pure functions.

#include <cstddef>
#include <string_view>

#include "tensor/device.h"

namespace orpheus::hardware {

enum class Tier { kCpu, kLow, kMid, kHigh };

std::string_view name_of(Tier tier);  // "high"

// Ten well-known names decide. For other GPUs the memory decides: high from 20 GiB, mid from 10
// GiB. If the GPU shares the machine's memory (host_bytes), two thirds of it count.
Tier tier_of(const tensor::DeviceInfo& device, size_t host_bytes);

std::string_view name_of(tensor::DeviceKind kind);  // "integrated GPU"

// "CUDA1" → "CUDA". Two back ends may list the same GPU, which gets one replica only.
std::string_view backend_of(const tensor::DeviceInfo& device);
bool is_cpu(const tensor::DeviceInfo& device);
// Whether a GPU's memory is the machine's own.
bool is_unified(const tensor::DeviceInfo& device);

struct TierDefaults {
  int max_sequences = 8;  // decoded together
  int max_waiting = 25;   // speeches in the queue
  int max_tokens = 4096;  // of one piece of text
  tensor::MatrixPrecision matrix_precision = tensor::MatrixPrecision::kTf32;  // of its GPUs
};
TierDefaults defaults_of(Tier tier);

std::string_view name_of(tensor::MatrixPrecision precision);  // "tf32", as the setting takes it

}  // namespace orpheus::hardware
