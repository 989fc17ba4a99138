#pragma once
// For tests: a voice of the released model's sizes, and its plan on a machine.

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "plan/device_choice.h"
#include "plan/memory_plan.h"
#include "plan/profile.h"

namespace orpheus::plan {

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

// Plans as a server does: first the profile, then the memory.
inline Result<MemoryPlan> plan_by_profile(const hardware::Facts& facts, const ModelNeeds& needs,
                                          Wishes wishes = {}) {
  ORPHEUS_TRY(const auto chains, chosen_devices(facts, needs, wishes));
  const Profile profile = profile_of(facts, chains, 0);
  wishes.max_tokens = profile.defaults.max_tokens;
  wishes.devices = profile.devices;
  wishes.engine.max_sequences = profile.defaults.max_sequences;
  if (wishes.engine.most_sequences == 0) wishes.engine.most_sequences = kMostSequences;
  wishes.engine.context_tokens = profile.context_tokens;
  return plan_memory(facts, needs, wishes);
}

}  // namespace orpheus::plan
