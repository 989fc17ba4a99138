#pragma once
// One request from its prompt to its last token, and what has been made for its listener. The
// engine's own: not for other folders.

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lm/admission.h"
#include "lm/engine/sampler.h"
#include "lm/language_model.h"
#include "lm/llama/logits.h"
#include "prompt/token.h"

namespace orpheus::engine {

using lm::SequenceId;
using lm::Standing;

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
  int lane = -1;       // of the cache, while it holds one
  bool began = false;  // it has had a lane
  bool ended = false;  // nothing more is made for it
  llama::Logits logits;

  // Tokens that the network has yet to read into the lane: of the prompt, and behind it those that
  // were made. 1 for a sequence that speaks.
  int num_unread() const { return static_cast<int>(tokens_.size() - num_read_); }
  // The next num_tokens of these, valid until they are taken.
  std::span<const lm::Token> upcoming(int num_tokens) const;
  void enter_lane(int its_lane);
  // What it made is kept, and read again with the prompt.
  void leave_lane();

  // How it stands with its client.
  Standing standing(lm::Playback::Clock::time_point now) const;
  // What it shall say behind them.
  llama::Wanted wanted_behind(int num_tokens) const;

  // The network has read them. The token that follows where it was asked for one and there is one.
  // draw: memory for choosing it. Errors: kBadFile (logits that are no numbers).
  Result<std::optional<lm::GeneratedToken>> take(int num_tokens, lm::Token end_of_speech,
                                                 WeightedDraw& draw);
  bool is_over() const { return is_over_; }
  // Whether the tokens that were made end with a frame.
  bool is_at_frame() const { return num_generated_ % prompt::kSlotsPerFrame == 0; }

 private:
  const lm::Playback::Clock::time_point asked_ = lm::Playback::Clock::now();
  Sampler sampler_;
  int slot_;                       // of the next token
  std::vector<lm::Token> tokens_;  // of the prompt, and those that were made
  size_t num_read_ = 0;            // of these, into the lane
  int num_generated_ = 0;
  int num_before_lane_ = 0;  // of these, when it got its lane
  bool is_over_ = false;
};

// Slot of the token that follows these: counted from the last start of speech; 0 without one.
int slot_after(std::span<const lm::Token> prompt, const prompt::TokenLayout& layout);

}  // namespace orpheus::engine
