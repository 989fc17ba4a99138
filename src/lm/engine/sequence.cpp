#include "lm/engine/sequence.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lm/engine/sequence_time.h"

namespace orpheus::engine {
namespace {

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
                   const prompt::TokenLayout& layout, int vocabulary_size)
    : id(sequence_id),
      request(std::move(wanted)),
      sampler_(sampling, vocabulary_size),
      slot_(slot_after(request.prompt, layout)),
      tokens_(request.prompt) {
  sampler_.see(request.prompt);
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

llama::Wanted Sequence::wanted_behind(int num_tokens) const {
  if (num_tokens < num_unread()) return {.head = llama::OutputHead::kNone};
  const bool slot_head = request.head == lm::Head::kSlot;
  return {.head = slot_head ? llama::OutputHead::kSlot : llama::OutputHead::kFull, .slot = slot_};
}

Result<std::optional<lm::GeneratedToken>> Sequence::take(int num_tokens, lm::Token end_of_speech,
                                                         WeightedDraw& draw) {
  num_read_ += static_cast<size_t>(num_tokens);
  if (num_unread() > 0) return std::optional<lm::GeneratedToken>();

  ORPHEUS_CHECK(check(logits));
  if (request.ignore_stop && logits.last_id) {
    logits.values.pop_back();  // end of speech, if the slot head has it
    logits.last_id.reset();
  }
  lm::GeneratedToken token;
  token.top = top_probabilities(logits, request.num_top);
  token.id = sampler_.choose(logits, static_cast<uint64_t>(num_generated_), draw);
  tokens_.push_back(token.id);
  slot_ = (slot_ + 1) % prompt::kSlotsPerFrame;
  ++num_generated_;
  is_over_ = num_generated_ == request.max_tokens;
  if (token.id == end_of_speech && !request.ignore_stop) {
    is_over_ = true;
    return std::optional<lm::GeneratedToken>();
  }
  return std::optional<lm::GeneratedToken>(std::move(token));
}

}  // namespace orpheus::engine
