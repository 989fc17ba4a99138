#pragma once
// Which settings of the sampling make sense: the same for a model here and one elsewhere, so that a
// request is refused before it begins. Pure.

#include "base/result.h"
#include "lm/language_model.h"

namespace orpheus::lm {

// Errors: kUsage, naming the setting that is out of range.
Result<void> check_sampling(const Sampling& sampling);

}  // namespace orpheus::lm
