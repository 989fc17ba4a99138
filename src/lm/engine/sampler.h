#pragma once
// Chooses the next token of one sequence. Repetition penalty over all tokens of the sequence so far
// (its prompt too), then temperature, top-k, top-p, min-p, as vLLM orders them. Belongs to one
// sequence.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "lm/engine/weighted_draw.h"
#include "lm/language_model.h"
#include "lm/llama/logits.h"

namespace orpheus::engine {

// Errors: kUsage, naming the setting that is out of range.
Result<void> check(const lm::Sampling& options);

class Sampler {
 public:
  Sampler(const lm::Sampling& options, int vocabulary_size);

  // These tokens are penalised from now on.
  void see(std::span<const lm::Token> tokens);

  // The token of this step. The random number depends on the seed and the step alone, so a sequence
  // is the same in any company. Changes logits.values. Non-finite logits are never chosen while a
  // finite one is there. draw: memory for the work, of any sequence.
  lm::Token choose(llama::Logits& logits, uint64_t step, WeightedDraw& draw);

 private:
  void penalise(llama::Logits& logits) const;

  lm::Sampling options_;
  Limits limits_;
  std::vector<uint64_t> seen_;  // a bit for each id
};

// The num_top most likely ids with their natural-log probabilities over all rows.
std::vector<lm::TokenProbability> top_probabilities(const llama::Logits& logits, int num_top);

}  // namespace orpheus::engine
