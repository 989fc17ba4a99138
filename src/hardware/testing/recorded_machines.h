#pragma once
// For tests: machines as they were recorded, and a voice of the released model's sizes.

#include <string>
#include <utility>
#include <vector>

#include "hardware/memory_plan.h"

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

inline constexpr double kF16 = 16;  // bits a weight
inline constexpr double kQ8 = 8.5;

// A 3B voice in Q4_K_M or, with four times the bytes, in float16; and the codec.
inline ModelNeeds voice_of_3b(double bits_a_weight = 4.6) {
  ModelNeeds needs;
  needs.config = {.num_layers = 28,
                  .width = 3072,
                  .num_heads = 24,
                  .num_kv_heads = 8,
                  .head_dim = 128,
                  .feed_forward = 8192,
                  .vocabulary_size = 156940,
                  .context_length = 131072};
  needs.num_parameters = 2'900'000'000;
  const double bytes = 2.9e9 * bits_a_weight / 8;
  needs.weights = {.layers = std::vector<size_t>(28, static_cast<size_t>(bytes * 0.97 / 28)),
                   .head = static_cast<size_t>(bytes * 0.03)};
  needs.embedding_bytes = 395'000'000;
  needs.codec_bytes = 53'000'000;
  return needs;
}

// As a server plans: the profile first, then memory.
inline Result<MemoryPlan> plan_by_profile(const Facts& facts, const ModelNeeds& needs,
                                          Wishes wishes = {}) {
  ORPHEUS_TRY(const auto chains, chosen_devices(facts, needs, wishes));
  const Profile profile = profile_of(facts, chains, 0);
  wishes.max_tokens = profile.defaults.max_tokens;
  wishes.devices = profile.devices;
  wishes.engine.max_sequences = profile.defaults.max_sequences;
  wishes.engine.context_tokens = profile.context_tokens;
  return plan_memory(facts, needs, wishes);
}

}  // namespace orpheus::hardware
