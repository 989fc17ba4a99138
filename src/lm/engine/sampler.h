#pragma once
// Chooses the next token of one sequence. Order, as in vLLM: repetition penalty over all tokens of
// the sequence so far (its prompt included), temperature, top-k, top-p, min-p. Belongs to one
// sequence.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "lm/engine/weighted_draw.h"
#include "lm/language_model.h"
#include "lm/llama/logits.h"

namespace orpheus::engine {

class Sampler {
 public:
  Sampler(const lm::Sampling& options, int vocabulary_size);

  // Penalises these tokens from now on.
  void see(std::span<const lm::Token> tokens);

  // Draws the token of this step. The random number depends only on the seed and the step, so other
  // sequences do not change it. Changes logits.values. Never chooses a non-finite logit if there is
  // a finite one. draw: working memory, which sequences may share.
  lm::Token choose(llama::Logits& logits, uint64_t step, WeightedDraw& draw);

 private:
  void penalise(llama::Logits& logits) const;

  lm::Sampling options_;
  Limits limits_;
  std::vector<uint64_t> seen_;  // a bit for each id
};

// The num_top most likely ids with their natural-log probabilities over all rows.
std::vector<lm::TokenProbability> top_probabilities(const llama::Logits& logits, int num_top);

// The natural logarithm of an id's probability over all rows. −∞: none of them is this id. Nothing:
// a logit is not finite.
std::optional<float> logprob_of(const llama::Logits& logits, lm::Token id);

}  // namespace orpheus::engine
