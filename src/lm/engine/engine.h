#pragma once
// Generates tokens for many sequences of one model, on its device or devices. One thread computes.
// Each step generates a token for every sequence whose prompt is read, and reads a part of one
// prompt. Requests without a lane wait in a bounded queue. generate() is thread-safe.

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "lm/engine/capacity.h"
#include "lm/engine/choose_heads.h"
#include "lm/engine/options.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"

namespace orpheus::engine {

class HeadSearch;
class StepLoop;

class Engine : public lm::LanguageModel {
 public:
  // devices: those that the model was loaded for, or other handles of the same devices. The
  // engine thread owns them from now on. Errors: kLimit (no memory for the cache),
  // kUnsupported (the device does not support a quantised cache), kBadFile (sampling values or
  // alignment heads of the file).
  static Result<std::unique_ptr<Engine>> start(std::shared_ptr<const llama::Model> model,
                                               tensor::DeviceChain devices, const Options& options);
  // Ends every sequence with kCancelled and joins the thread. Streams may outlive the engine.
  ~Engine() override;

  // With Guarantee::kRealtime, a request that begins a speech may be refused (lm/too_busy.h).
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override;
  lm::Sampling usual_sampling() const override;
  int context_tokens() const override { return capacity().context_tokens; }
  lm::KnownAlignment known_alignment() override;
  // The search has a thread, which ends with the engine.
  void seek_alignment() override;
  // If the heads are not known, looks for them and keeps them beside the model's file. A search
  // that fails is not repeated.
  double alignment_quality() override;
  std::string alignment_heads() override;

  // Looks for the heads, whatever is in the file or kept. Does not use them. Errors: those of
  // calibration.h.
  Result<Alignment> search_alignment();
  // What alignment_quality() found so far.
  Alignment alignment() const;
  // Uses these heads for requests from now on.
  void use_alignment(const Alignment& alignment);

  Capacity capacity() const;
  // The number of requests in progress and waiting.
  size_t load() const;
  // The number of steps begun since the start.
  uint64_t num_steps() const;
  Overhead overhead() const;

 private:
  Engine(std::shared_ptr<StepLoop> loop, std::unique_ptr<HeadSearch> heads);
  std::shared_ptr<StepLoop> loop_;
  std::unique_ptr<HeadSearch> heads_;
};

}  // namespace orpheus::engine
