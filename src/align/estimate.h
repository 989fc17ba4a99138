#pragma once
// Estimates when each word of a piece is spoken, for a language model that cannot be asked. The
// ends of the piece are exact. Between them, words take time by their letters, and a pause in the
// sound is matched with a place between words, if possible at punctuation. Pure; from any thread.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "text/spanned.h"
#include "text/words.h"

namespace orpheus::align {

// The samples of one level: 10 ms.
inline constexpr int64_t kSamplesPerLevel = kSampleRateHz / 100;

// The sound of a piece, from its first sample on.
struct PieceSound {
  int64_t num_samples = 0;
  // The largest absolute value in each kSamplesPerLevel samples, the last of which may be fewer.
  // Empty: unknown; then all samples are speech.
  std::span<const float> levels;
};

// words: words_in(spoken). Returns one WordTime for each, with times in samples of the piece: in
// order, without overlap, within the samples from the first to the last audible one. If there are
// at least as many samples as words, each word has a sample.
std::vector<WordTime> estimate(const text::Spanned& spoken, std::span<const text::Word> words,
                               const PieceSound& sound);

// The usual time of a word by its letters, in milliseconds, for comparison with other words.
double usual_ms(std::string_view word);

}  // namespace orpheus::align
