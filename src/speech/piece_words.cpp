#include "speech/piece_words.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "align/estimate.h"
#include "align/snap.h"
#include "align/words.h"
#include "speech/synthesiser.h"

namespace orpheus::speech {

static_assert(align::kSampleRateHz == kSampleRateHz);

PieceWords::PieceWords(const text::Spanned& spoken, std::string_view language, double rate,
                       int64_t earliest)
    : spoken_(spoken),
      words_(align::words_in(spoken, language)),
      rate_(rate),
      earliest_(earliest) {}

void PieceWords::push(std::span<const float> samples) {
  while (!samples.empty()) {
    const int64_t in_level = num_samples_ % align::kSamplesPerLevel;
    if (in_level == 0) levels_.push_back(0);
    const auto count =
        std::min(samples.size(), static_cast<size_t>(align::kSamplesPerLevel - in_level));
    for (const float sample : samples.first(count))
      levels_.back() = std::max(levels_.back(), std::abs(sample));
    num_samples_ += static_cast<int64_t>(count);
    samples = samples.subspan(count);
  }
}

void PieceWords::place(std::span<const align::WordTime> next) {
  const auto at = [&](int64_t sample) {
    return static_cast<int64_t>(std::llround(static_cast<double>(sample) / rate_));
  };
  for (align::WordTime word : next) {
    const auto left = std::span(words_).subspan(num_placed_);
    const auto found = std::find_if(left.begin(), left.end(), [&](const text::Word& candidate) {
      return candidate.text == word.text;
    });
    if (found == left.end()) continue;
    word.begin = at(word.begin);
    word.end = at(word.end);
    for (auto missing = left.begin(); missing != found; ++missing) {
      waiting_.push_back({.word = spoken_.text().substr(missing->text.begin, missing->text.size()),
                          .text = missing->text,
                          .origin = missing->origin,
                          .begin = word.begin,
                          .end = word.begin,
                          .confidence = 0,
                          .source = align::Source::kAttention,
                          .is_remade = word.is_remade,
                          .is_missing = true});
    }
    num_placed_ += static_cast<size_t>(found - left.begin()) + 1;
    waiting_.push_back(std::move(word));
  }
}

// Settles the words that end this early, with the missing words before them.
void PieceWords::settle(int64_t num_samples) {
  while (true) {
    const auto heard = std::find_if(waiting_.begin(), waiting_.end(),
                                    [](const align::WordTime& word) { return !word.is_missing; });
    if (heard == waiting_.end() || heard->end > num_samples) return;
    const align::Samples times = align::snapped({heard->begin, heard->end}, behind_, levels_);
    const int64_t begin = std::max(times.begin, behind_);
    settle_missing(static_cast<size_t>(heard - waiting_.begin()), begin);
    align::WordTime word = std::move(waiting_.front());
    waiting_.pop_front();
    word.begin = begin;
    word.end = std::max(times.end, begin);
    behind_ = word.end;
    placed_.push_back(std::move(word));
  }
}

// Settles the first of the waiting words, which are missing.
void PieceWords::settle_missing(size_t count, int64_t latest) {
  for (; count > 0; --count) {
    align::WordTime word = std::move(waiting_.front());
    waiting_.pop_front();
    behind_ = std::max(behind_, std::min(word.begin, latest));
    word.begin = word.end = behind_;
    placed_.push_back(std::move(word));
  }
}

int64_t PieceWords::end_of_sound() const {
  constexpr float kSilence = 0.004F;  // as the joiner's
  const auto last =
      std::find_if(levels_.rbegin(), levels_.rend(), [](float level) { return level >= kSilence; });
  return std::min((levels_.rend() - last) * align::kSamplesPerLevel, num_samples_);
}

std::vector<align::WordTime> PieceWords::take(std::optional<int64_t> offset) {
  if (!offset) return {};
  settle(num_samples_ - (align::kSnapLevels + 1) * align::kSamplesPerLevel);
  std::vector<align::WordTime> taken = std::exchange(placed_, {});
  for (align::WordTime& word : taken) {
    // The joiner may have dropped silence before the first sound, and at the last piece's end.
    word.begin = std::max(earliest_, word.begin + *offset);
    word.end = std::max(earliest_, word.end + *offset);
  }
  return taken;
}

std::vector<align::WordTime> PieceWords::finish(std::optional<int64_t> offset, int64_t silent_at) {
  settle(std::numeric_limits<int64_t>::max());
  settle_missing(waiting_.size(), end_of_sound());
  // The words that were not placed share the rest of the piece.
  const int64_t begin = std::min(
      (behind_ + align::kSamplesPerLevel - 1) / align::kSamplesPerLevel * align::kSamplesPerLevel,
      num_samples_);
  const auto num_levels = static_cast<size_t>(begin / align::kSamplesPerLevel);
  std::vector<align::WordTime> rest =
      align::estimate(spoken_, std::span(words_).subspan(num_placed_),
                      {.num_samples = num_samples_ - begin,
                       .levels = std::span(levels_).subspan(std::min(num_levels, levels_.size()))});
  for (align::WordTime& word : rest) {
    word.begin += begin;
    word.end += begin;
  }
  num_placed_ = words_.size();
  std::move(rest.begin(), rest.end(), std::back_inserter(placed_));
  for (align::WordTime& word : placed_) {
    word.end = std::min(word.end, num_samples_);
    word.begin = std::min(word.begin, word.end);
    if (offset) continue;
    word.begin = word.end = 0;
    word.confidence = 0;
  }
  return take(offset.value_or(silent_at));
}

}  // namespace orpheus::speech
