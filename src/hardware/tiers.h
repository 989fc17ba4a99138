#pragma once
// Classes of machines, and what is good for each as long as nobody says otherwise. Pure functions.

#include <cstddef>
#include <string_view>

#include "tensor/device.h"

namespace orpheus::hardware {

enum class Tier { kCpu, kLow, kMid, kHigh };

std::string_view name_of(Tier tier);  // "high"

// Ten well-known names decide at once; else the memory does: from 20 GiB high, from 10 GiB mid. Of
// memory that a GPU shares with the machine (host_bytes), two thirds count.
Tier tier_of(const tensor::DeviceInfo& device, size_t host_bytes);

std::string_view name_of(tensor::DeviceKind kind);  // "integrated GPU"

// "CUDA1" → "CUDA": two back ends may show the same GPU, and one replica of it is enough.
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
