#include "lm/engine/sequence.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lm/engine/sequence_time.h"

namespace orpheus::engine {
namespace {

// Rows of a step whose logits and text weights are all computed.
constexpr int kForcedRows = 32;

// Damaged weights or a failing device show here first.
Result<void> check(const llama::Logits& logits) {
  int num_nan = 0;  // no early exit, so that the compiler vectorises the loop
  for (const float value : logits.values) num_nan += std::isnan(value) ? 1 : 0;
  if (num_nan == 0) return {};
  return fail({.kind = ErrorKind::kBadFile,
               .what = "the language model computed a value that is not a number",
               .remedy = "Its file may be damaged: download it again, or try --device CPU."});
}

}  // namespace

int slot_after(std::span<const lm::Token> prompt, const prompt::TokenLayout& layout) {
  const auto start = std::find(prompt.rbegin(), prompt.rend(), layout.start_of_speech);
  if (start == prompt.rend()) return 0;
  return static_cast<int>(std::distance(prompt.rbegin(), start)) % prompt::kSlotsPerFrame;
}

Sequence::Sequence(SequenceId sequence_id, lm::GenerateRequest wanted, const lm::Sampling& sampling,
                   const prompt::TokenLayout& layout, int vocabulary_size, AskedHeads asked)
    : id(sequence_id),
      request(std::move(wanted)),
      asked_heads_(std::move(asked)),
      sampler_(sampling, vocabulary_size),
      slot_(slot_after(request.prompt, layout)),
      tokens_(request.prompt) {
  sampler_.see(request.prompt);
  // Nothing follows the last forced token, so it is not read.
  if (is_forced()) tokens_.insert(tokens_.end(), request.forced.begin(), request.forced.end() - 1);
}

int Sequence::num_readable() const {
  return is_forced() ? std::min(num_unread(), kForcedRows) : num_unread();
}

std::span<const lm::Token> Sequence::upcoming(int num_tokens) const {
  return std::span(tokens_).subspan(num_read_, static_cast<size_t>(num_tokens));
}

void Sequence::enter_lane(int its_lane) {
  lane = its_lane;
  num_before_lane_ = num_generated_;
}

void Sequence::leave_lane() {
  lane = -1;
  num_read_ = 0;
}

Standing Sequence::standing(lm::Playback::Clock::time_point now) const {
  Standing standing = lm::standing_of(request, asked_, num_generated_ * kSecondsPerToken, now);
  standing.id = id;
  standing.num_units = num_units;
  standing.holds_lane = lane >= 0;
  if (standing.holds_lane) {
    standing.made_in_lane = (num_generated_ - num_before_lane_) * kSecondsPerToken;
  }
  return standing;
}

// How many of the next num_tokens precede a token that is made. A forced sequence that lost its
// lane reads tokens again whose followers were made before.
int Sequence::num_wanted_of(int num_tokens) const {
  if (!is_forced()) return num_tokens < num_unread() ? 0 : 1;
  const auto first_wanted = static_cast<int>(request.prompt.size()) - 1 + num_generated_;
  return std::max(0, static_cast<int>(num_read_) + num_tokens - first_wanted);
}

llama::Wanted Sequence::wanted_behind(int num_tokens) const {
  const int num_wanted = num_wanted_of(num_tokens);
  if (num_wanted == 0) return {.head = llama::OutputHead::kNone};
  const bool slot_head = request.head == lm::Head::kSlot;
  return {.head = slot_head ? llama::OutputHead::kSlot : llama::OutputHead::kFull,
          .slot = slot_,
          .num_tokens = num_wanted};
}

llama::TextQuestion Sequence::question() const {
  if (!request.text_rows || !asked_heads_.heads) return {};
  return {.first_row = request.text_rows->first,
          .num_rows = request.text_rows->count,
          .heads = *asked_heads_.heads};
}

void Sequence::make_room(const llama::Wanted& wanted) {
  const auto num_wanted = static_cast<size_t>(wanted.num_tokens);
  if (logits.size() < num_wanted) logits.resize(num_wanted);
  text_weights.resize(num_wanted * question().num_weights());
}

Result<void> Sequence::take(int num_tokens, lm::Token end_of_speech, WeightedDraw& draw,
                            std::vector<lm::GeneratedToken>& made) {
  const int num_wanted = num_wanted_of(num_tokens);
  num_read_ += static_cast<size_t>(num_tokens);
  for (int i = 0; i < num_wanted; ++i) {
    const auto index = static_cast<size_t>(i);
    llama::Logits& of_step = logits[index];
    ORPHEUS_CHECK(check(of_step));
    if (request.ignore_stop && of_step.last_id && !is_forced()) {
      of_step.values.pop_back();  // end of speech, if the slot head has it
      of_step.last_id.reset();
    }
    lm::GeneratedToken token;
    token.top = top_probabilities(of_step, request.num_top);
    if (request.text_rows) unsampled_ = of_step.values;
    token.id =
        is_forced() ? request.forced[static_cast<size_t>(num_generated_)] : choose(of_step, draw);
    if (request.text_rows) {
      of_step.values.swap(unsampled_);
      token.logprob = logprob_of(of_step, token.id);
      token.text_weights = weights_of(index);
    }
    slot_ = (slot_ + 1) % prompt::kSlotsPerFrame;
    ++num_generated_;
    is_over_ = num_generated_ == request.max_tokens;
    if (token.id == end_of_speech && !request.ignore_stop && !is_forced()) {
      is_over_ = true;
      return {};
    }
    made.push_back(std::move(token));
  }
  return {};
}

lm::Token Sequence::choose(llama::Logits& of_step, WeightedDraw& draw) {
  const lm::Token token = sampler_.choose(of_step, static_cast<uint64_t>(num_generated_), draw);
  tokens_.push_back(token);
  return token;
}

// Of the token at this place in the last step.
std::vector<float> Sequence::weights_of(size_t index) const {
  const size_t num_weights = question().num_weights();
  if (num_weights == 0) return {};
  const auto weights = std::span(text_weights).subspan(index * num_weights, num_weights);
  if (asked_heads_.each_alone) return {weights.begin(), weights.end()};
  return llama::mean_of_heads(weights, static_cast<size_t>(request.text_rows->count));
}

}  // namespace orpheus::engine
