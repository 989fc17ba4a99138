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

// The devices of each replica. "auto" stands for every GPU of the first back end that has GPUs, as
// far as the voice fits on it; if it fits on none, the GPUs that hold it together; else an
// integrated GPU that it fits on; else the CPU. Errors: kNotFound (a device that is not there),
// kUsage (a GPU behind a CPU).
Result<std::vector<Chain>> chosen_devices(const hardware::Facts& facts, const ModelNeeds& needs,
                                          const Wishes& wishes);

}  // namespace orpheus::plan
