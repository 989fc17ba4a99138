#pragma once
// Loads the local language models: each model once for each chain of devices, with one engine for
// every replica of the memory plan.

#include <memory>

#include "base/result.h"
#include "library/fitted.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"
#include "tensor/weights.h"

namespace orpheus::library {

struct LoadedModel {
  std::filesystem::path path;
  tensor::DeviceChain devices;  // of the first replica
  std::shared_ptr<const llama::Model> model;
};

// Loads one model on the devices of the plan's first replica. Leaves memory for the codec if it
// uses the same device. Errors: those of DeviceChain::open and Model::load.
Result<LoadedModel> load_model(const Fitted& fitted, const std::filesystem::path& path,
                               const tensor::LoadProgress& progress);

// Starts an engine for each replica of a model (0: the voice's own model, then the further models).
// Replicas of one chain share the weights. Errors: those of Model::load and Engine::start.
Result<std::unique_ptr<lm::LanguageModel>> start_engines(const Fitted& fitted, size_t index,
                                                         LoadedModel loaded);

}  // namespace orpheus::library
