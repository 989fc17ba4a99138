#include "align/track.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace orpheus::align {
namespace {

constexpr int32_t kMostSurprise = 64 * kNat;  // of a token: also where it is impossible

int32_t surprise_of(const lm::GeneratedToken& token) {
  if (!token.logprob || std::isnan(*token.logprob)) return 0;
  const float parts = -*token.logprob * static_cast<float>(kNat);
  return static_cast<int32_t>(std::clamp(parts, 0.0F, static_cast<float>(kMostSurprise)));
}

std::vector<int> letters_of(const std::vector<TextRow>& rows) {
  std::vector<int> letters;
  letters.reserve(rows.size());
  for (const TextRow& row : rows) letters.push_back(row.num_letters);
  return letters;
}

}  // namespace

FrameEvidence evidence_of(std::span<const lm::GeneratedToken> tokens, size_t num_rows) {
  FrameEvidence evidence;
  std::array<std::span<const float>, prompt::kSlotsPerFrame> weights;
  for (size_t slot = 0; slot < weights.size() && slot < tokens.size(); ++slot) {
    weights[slot] = tokens[slot].text_weights;
    evidence.surprise[half_of_slot(slot)] += surprise_of(tokens[slot]);
  }
  evidence.shares = halves_of(weights, num_rows);
  return evidence;
}

Track::Track(std::vector<TextRow> rows) : rows_(std::move(rows)), path_(letters_of(rows_)) {}

void Track::push(const FrameEvidence& frame) {
  for (size_t half = 0; half < frame.shares.size(); ++half) {
    surprises_.push_back(frame.surprise[half]);
    if (const auto step = path_.push(frame.shares[half])) add(*step);
  }
}

void Track::finish() {
  for (const PathStep& step : path_.finish()) add(step);
  end_current();
}

std::optional<SpokenWord> Track::next() {
  if (ended_.empty()) return std::nullopt;
  const SpokenWord word = ended_.front();
  ended_.pop_front();
  return word;
}

void Track::add(const PathStep& step) {
  const int word = rows_[static_cast<size_t>(step.row)].word;
  const bool goes_back = step.row < last_row_;
  last_row_ = step.row;
  if (current_ && (current_->word != word || goes_back)) end_current();
  if (!current_) {
    current_ = {.word = word, .begin = num_halves_, .end = num_halves_, .goes_back = goes_back};
    share_sum_ = 0;
    surprise_sum_ = 0;
  }
  share_sum_ += step.share;
  surprise_sum_ += surprises_.front();
  ++num_halves_;
  current_->end = num_halves_;
  current_->share = static_cast<int32_t>(share_sum_ / current_->num_halves());
  current_->surprise = static_cast<int32_t>(surprise_sum_ / current_->num_halves());
  current_->most_surprise = std::max(current_->most_surprise, surprises_.front());
  surprises_.pop_front();
}

void Track::end_current() {
  if (current_) ended_.push_back(*current_);
  current_.reset();
}

}  // namespace orpheus::align
