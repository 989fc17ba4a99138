#pragma once
// One request from its prompt to its last token, and what has been made for its listener. The
// engine's own: not for other folders.

#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lm/engine/sampler.h"
#include "lm/engine/scheduler.h"
#include "lm/language_model.h"
#include "lm/llama/logits.h"
#include "prompt/token.h"

namespace orpheus::engine {

// What the engine's thread hands to a listener. Guarded by the engine's mutex.
struct Delivery {
  std::deque<lm::GeneratedToken> tokens;
  bool finished = false;
  std::optional<Error> error;
  bool abandoned = false;  // the stream was destroyed
};

// But for its delivery, the engine's thread alone touches it once it is in the queue.
class Sequence {
 public:
  Sequence(SequenceId sequence_id, lm::GenerateRequest wanted, const lm::Sampling& sampling,
           const prompt::TokenLayout& layout, int vocabulary_size);

  const SequenceId id;
  const lm::GenerateRequest request;
  const std::shared_ptr<Delivery> delivery = std::make_shared<Delivery>();
  int lane = -1;  // of the cache, while in progress
  llama::Logits logits;

  int num_unread() const { return static_cast<int>(request.prompt.size() - num_prompt_read_); }
  // The next num_tokens that the network shall read, valid until they are taken.
  std::span<const lm::Token> upcoming(int num_tokens) const;
  // What it shall say behind them.
  llama::Wanted wanted_behind(int num_tokens) const;

  // The network has read them. The token that follows where it was asked for one and there is one.
  // draw: memory for choosing it. Errors: kBadFile (logits that are no numbers).
  Result<std::optional<lm::GeneratedToken>> take(int num_tokens, lm::Token end_of_speech,
                                                 WeightedDraw& draw);
  bool is_over() const { return is_over_; }

 private:
  Sampler sampler_;
  int slot_;  // of the next token
  size_t num_prompt_read_ = 0;
  int num_generated_ = 0;
  lm::Token last_ = 0;
  bool is_over_ = false;
};

// Slot of the token that follows these: counted from the last start of speech; 0 without one.
int slot_after(std::span<const lm::Token> prompt, const prompt::TokenLayout& layout);

}  // namespace orpheus::engine
