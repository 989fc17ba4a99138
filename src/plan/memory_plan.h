#pragma once
// Plans which devices compute a voice and how many sequences fit. The inputs are the machine's
// facts, the voice's needs and the user's wishes; nothing is loaded. Pure functions.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "plan/model_needs.h"
#include "plan/replica.h"
#include "plan/wishes.h"

namespace orpheus::plan {

struct MemoryPlan {
  // Never empty. The replicas of the first model come first.
  std::vector<Replica> replicas;
  std::string codec_device;
  size_t codec_bytes = 0;
  size_t codec_free_bytes = 0;  // free on codec_device, if that is a GPU without a replica
  size_t host_bytes = 0;        // main memory in addition to GPUs: embedding, codec on the CPU
  size_t host_free_bytes = 0;
  int max_tokens = 0;  // as in Wishes

  int num_sequences() const;  // of the first model
};

// Errors: those of chosen_devices and place; kLimit (it does not fit; the remedy says what
// would).
Result<MemoryPlan> plan_memory(const hardware::Facts& facts, const ModelNeeds& needs,
                               const Wishes& wishes);

// Describes the plan: a line for each replica, for a codec on another device, for main memory.
std::vector<std::string> told(const MemoryPlan& plan);

}  // namespace orpheus::plan
