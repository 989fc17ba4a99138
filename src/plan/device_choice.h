#pragma once
// Chooses the devices of a voice: GPUs with a replica each, GPUs that share one model's layers, or
// the CPU. Pure functions.

#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "plan/model_needs.h"
#include "plan/replica.h"
#include "plan/wishes.h"

namespace orpheus::plan {

// The devices of each replica. "auto": all GPUs of the first back end that has any, if they can
// hold the voice; else the fewest GPUs that can hold it jointly; else an integrated GPU that can
// hold it; else the CPU. Errors: kNotFound (an unknown device), kUsage (a GPU that is listed after
// a CPU).
Result<std::vector<Chain>> chosen_devices(const hardware::Facts& facts, const ModelNeeds& needs,
                                          const Wishes& wishes);

}  // namespace orpheus::plan
