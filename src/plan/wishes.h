#pragma once
// The user's choices for a plan: devices, sizes, and models that share the devices. Pure functions.

#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "lm/engine/options.h"
#include "plan/model_needs.h"
#include "plan/replica.h"

namespace orpheus::plan {

struct Wishes {
  std::string devices = "auto";  // "auto", or replicas as --device takes them
  std::string codec_device;      // empty: the first device of the first replica
  engine::Options engine;
  int max_tokens = 0;     // of a piece of text; 0: as many as a context holds
  int asked_context = 0;  // the user's choice: accepted or refused, not changed; 0: none
  std::vector<ModelNeeds> more_models;  // further models, on all devices of the first
};

// Places all models on these chains. The codec's default device is the first device of the chains.
Placing placing_of(const ModelNeeds& needs, const Wishes& wishes, std::vector<Chain> chains);

// Errors: kNotFound; kUnsupported (there is no device at all).
Result<tensor::DeviceInfo> device_named(const hardware::Facts& facts, const std::string& name);

}  // namespace orpheus::plan
