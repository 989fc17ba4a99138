#pragma once
// One request from its prompt to its last token, with the tokens that wait for its reader. For this
// folder only.

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
#include "lm/llama/text_weights.h"
#include "prompt/token.h"

namespace orpheus::engine {

using lm::SequenceId;
using lm::Standing;

// Tokens on their way from the engine thread to the reader. Guarded by the engine's mutex.
struct Delivery {
  std::deque<lm::GeneratedToken> tokens;
  bool finished = false;
  std::optional<Error> error;
  bool abandoned = false;  // the stream was destroyed
};

// The heads of which a request's text weights are made.
struct AskedHeads {
  std::shared_ptr<const std::vector<llama::AttentionHead>> heads;  // null: none
  // The weights of each head, one head behind the other, instead of their mean.
  bool each_alone = false;
};

// After a sequence is queued, only the engine thread uses it, except for its delivery.
class Sequence {
 public:
  Sequence(SequenceId sequence_id, lm::GenerateRequest wanted, const lm::Sampling& sampling,
           const prompt::TokenLayout& layout, int vocabulary_size, AskedHeads asked = {});

  const SequenceId id;
  const lm::GenerateRequest request;
  const std::shared_ptr<Delivery> delivery = std::make_shared<Delivery>();
  int num_units = 1;   // of its lane, where lanes have several lengths
  int lane = -1;       // of the cache; −1: none
  bool began = false;  // it has had a lane
  bool ended = false;  // no more tokens are made
  // Of the last step's wanted tokens.
  std::vector<llama::Logits> logits;
  std::vector<float> text_weights;  // [n_text, n_heads, n_wanted]

  // The number of tokens (of the prompt, then generated ones) that the network has not yet read
  // into the lane. 1 for a sequence that speaks.
  int num_unread() const { return static_cast<int>(tokens_.size() - num_read_); }
  // The most of them to read in one step. Forced tokens come with logits for each, so they are read
  // in short parts.
  int num_readable() const;
  // The next num_tokens unread tokens. Valid until take().
  std::span<const lm::Token> upcoming(int num_tokens) const;
  void enter_lane(int its_lane);
  // The generated tokens are kept, and read again with the prompt in the next lane.
  void leave_lane();

  // Its state for the admission policy.
  Standing standing(lm::Playback::Clock::time_point now) const;
  // The logits that are needed after the next num_tokens.
  llama::Wanted wanted_behind(int num_tokens) const;
  llama::TextQuestion question() const;
  // Makes logits and text_weights large enough for the next step's.
  void make_room(const llama::Wanted& wanted);

  // Called after the network has read num_tokens. Adds the following token to `made` if logits were
  // wanted and the speech goes on; the following tokens, if they are forced. draw: working memory.
  // Errors: kBadFile (logits that are not numbers).
  Result<void> take(int num_tokens, lm::Token end_of_speech, WeightedDraw& draw,
                    std::vector<lm::GeneratedToken>& made);
  bool is_over() const { return is_over_; }
  // Whether the generated tokens are whole frames, or may have reached one at once.
  bool is_at_frame() const { return is_forced() || num_generated_ % prompt::kSlotsPerFrame == 0; }

 private:
  bool is_forced() const { return !request.forced.empty(); }
  int num_wanted_of(int num_tokens) const;
  lm::Token choose(llama::Logits& of_step, WeightedDraw& draw);
  std::vector<float> weights_of(size_t index) const;

  const lm::Playback::Clock::time_point asked_ = lm::Playback::Clock::now();
  const AskedHeads asked_heads_;
  Sampler sampler_;
  int slot_;                       // of the next token
  std::vector<lm::Token> tokens_;  // of the prompt, then generated or forced ones
  std::vector<float> unsampled_;   // working memory: logits before sampling changes them
  size_t num_read_ = 0;            // tokens that were read into the lane
  int num_generated_ = 0;
  int num_before_lane_ = 0;  // the number of generated tokens when it got its lane
  bool is_over_ = false;
};

// The slot of the token after these, from the last start of speech; 0 if they have none.
int slot_after(std::span<const lm::Token> prompt, const prompt::TokenLayout& layout);

}  // namespace orpheus::engine
