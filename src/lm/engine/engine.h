#pragma once
// Runs many sequences on one device: one thread computes, requests wait in a bounded queue, and
// each sequence in progress takes a step in turn. generate() may be called from any thread.

#include <memory>

#include "base/result.h"
#include "lm/engine/options.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"
#include "tensor/device.h"

namespace orpheus::engine {

class Engine : public lm::LanguageModel {
 public:
  // The device belongs to the engine's thread from now on.
  static std::unique_ptr<Engine> start(std::shared_ptr<const llama::Model> model,
                                       std::unique_ptr<tensor::Device> device,
                                       const Options& options);
  // Ends every sequence with kCancelled and joins the thread. Streams may outlive the engine.
  ~Engine() override;

  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override;

 private:
  struct State;
  explicit Engine(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace orpheus::engine
