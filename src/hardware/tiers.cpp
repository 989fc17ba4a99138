#include "hardware/tiers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace orpheus::hardware {
namespace {

constexpr size_t kGiB = size_t{1} << 30U;

constexpr std::array<std::pair<std::string_view, Tier>, 10> kNames = {{{"RTX 4090", Tier::kHigh},
                                                                       {"RTX 3090", Tier::kHigh},
                                                                       {"A100", Tier::kHigh},
                                                                       {"H100", Tier::kHigh},
                                                                       {"V100", Tier::kHigh},
                                                                       {"RTX 4080", Tier::kMid},
                                                                       {"RTX 3080", Tier::kMid},
                                                                       {"RTX 3070", Tier::kMid},
                                                                       {"RTX 2080", Tier::kMid},
                                                                       {"RTX 2070", Tier::kMid}}};

bool is_word_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Names are compared as whole words, so an RTX A1000 is not an A100.
bool names(std::string_view description, std::string_view name) {
  for (size_t at = description.find(name); at != std::string_view::npos;
       at = description.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool begins = at == 0 || !is_word_letter(description[at - 1]);
    const bool ends = end == description.size() || !is_word_letter(description[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(Tier tier) {
  switch (tier) {
    case Tier::kCpu: return "CPU";
    case Tier::kLow: return "low";
    case Tier::kMid: return "mid";
    case Tier::kHigh: return "high";
  }
  return "";
}

std::string_view name_of(tensor::DeviceKind kind) {
  using tensor::DeviceKind;
  switch (kind) {
    case DeviceKind::kCpu: return "CPU";
    case DeviceKind::kGpu: return "GPU";
    case DeviceKind::kIntegratedGpu: return "integrated GPU";
    case DeviceKind::kAccelerator: return "accelerator";
  }
  return "";
}

bool is_cpu(const tensor::DeviceInfo& device) {
  return device.kind != tensor::DeviceKind::kGpu &&
         device.kind != tensor::DeviceKind::kIntegratedGpu;
}

std::string_view backend_of(const tensor::DeviceInfo& device) {
  return std::string_view(device.name).substr(0, device.name.find_last_not_of("0123456789") + 1);
}

bool is_unified(const tensor::DeviceInfo& device) {
  // Metal reports Apple's GPU as an ordinary GPU.
  return device.kind == tensor::DeviceKind::kIntegratedGpu ||
         device.description.starts_with("Apple ");
}

Tier tier_of(const tensor::DeviceInfo& device, size_t host_bytes) {
  if (is_cpu(device)) return Tier::kCpu;
  for (const auto& [name, tier] : kNames)
    if (names(device.description, name)) return tier;
  size_t bytes = device.memory_total_bytes;
  // Some back ends report the whole memory, others a share that they chose.
  if (is_unified(device)) bytes = std::min(bytes, host_bytes / 3 * 2);
  if (bytes >= 20 * kGiB) return Tier::kHigh;
  return bytes >= 10 * kGiB ? Tier::kMid : Tier::kLow;
}

TierDefaults defaults_of(Tier tier) {
  switch (tier) {
    case Tier::kHigh: return {.max_sequences = 32, .max_waiting = 100, .max_tokens = 8192};
    case Tier::kMid: return {.max_sequences = 24, .max_waiting = 75, .max_tokens = 6144};
    case Tier::kLow:
      // Small GPUs are bound by arithmetic, and add up in float16 twice as fast.
      return {.max_sequences = 16,
              .max_waiting = 50,
              .max_tokens = 4096,
              .matrix_precision = tensor::MatrixPrecision::kF16};
    case Tier::kCpu: break;
  }
  return {};
}

std::string_view name_of(tensor::MatrixPrecision precision) {
  using tensor::MatrixPrecision;
  switch (precision) {
    case MatrixPrecision::kF16: return "f16";
    case MatrixPrecision::kTf32: return "tf32";
    case MatrixPrecision::kF32: return "f32";
  }
  return "";
}

}  // namespace orpheus::hardware
