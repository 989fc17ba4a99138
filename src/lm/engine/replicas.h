#pragma once
// Engines of one model on several devices. A request goes to the engine with the least work.
// generate() may be called from any thread.

#include <memory>
#include <vector>

#include "lm/engine/engine.h"
#include "lm/language_model.h"

namespace orpheus::engine {

class Replicas : public lm::LanguageModel {
 public:
  // At least one engine, all of the same model.
  explicit Replicas(std::vector<std::unique_ptr<Engine>> engines);

  // Errors: those of Engine::generate; kLimit (every engine's queue is full).
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override;
  lm::Sampling usual_sampling() const override { return engines_.front()->usual_sampling(); }
  int context_tokens() const override;
  // The first engine finds the heads for all; this hands them to the others.
  lm::KnownAlignment known_alignment() override;
  void seek_alignment() override { engines_.front()->seek_alignment(); }
  double alignment_quality() override;
  std::string alignment_heads() override { return engines_.front()->alignment_heads(); }

 private:
  std::vector<std::unique_ptr<Engine>> engines_;
};

}  // namespace orpheus::engine
