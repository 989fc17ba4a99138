#pragma once
// Which devices a voice gets: the GPUs that get a replica each, those that share one model's
// layers, or the CPU. Pure functions.

#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "plan/model_needs.h"
#include "plan/replica.h"
#include "plan/wishes.h"

namespace orpheus::plan {

// The devices of each replica that "auto" stands for: every GPU of the first back end that has one
// and that the voice fits on; where it fits on none of them, those that hold it together; else an
// integrated GPU that it fits on, else the CPU. Errors: kNotFound (a device that is not there),
// kUsage (a GPU behind a CPU).
Result<std::vector<Chain>> chosen_devices(const hardware::Facts& facts, const ModelNeeds& needs,
                                          const Wishes& wishes);

}  // namespace orpheus::plan
