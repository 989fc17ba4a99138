#pragma once
// Times the words of the piece that is heard, in samples of the speech. A language model that can
// be asked places words while the piece is spoken; the rest is estimated when it ends. Belongs to
// one thread; one object serves one piece.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "text/spanned.h"
#include "text/words.h"

namespace orpheus::speech {

class PieceWords {
 public:
  // spoken: the piece's text; it must outlive the object. rate: of the piece (Tempo). earliest: the
  // end of the words before this piece, in samples of the speech; no time is before it.
  PieceWords(const text::Spanned& spoken, std::string_view language, double rate,
             int64_t earliest = 0);

  // All words of the piece: align::words_in.
  std::span<const text::Word> words() const { return words_; }

  // Takes the piece's next samples, as the joiner takes them.
  void push(std::span<const float> samples);

  // The next words, by attention, in order. Their times are samples of the codec, from the piece's
  // first one on. The sound moves their ends to pauses beside them. WordTime::text tells which of
  // words() each is: a word that was placed before, or that the piece does not have, is left out,
  // and a word that was passed over has no length and the confidence 0.
  void place(std::span<const align::WordTime> next);

  // The placed words that were not taken yet and that have sounded, with times in the speech.
  // offset: where the piece's first sample is (Joiner::piece_offset()); while it is not known,
  // there are none.
  std::vector<align::WordTime> take(std::optional<int64_t> offset);
  // The piece has ended: the same, and all other words. Without an offset the piece has no sound,
  // and its words are at `silent_at`.
  std::vector<align::WordTime> finish(std::optional<int64_t> offset, int64_t silent_at);

 private:
  void settle(int64_t num_samples);
  void settle_missing(size_t count, int64_t latest);
  int64_t end_of_sound() const;

  const text::Spanned& spoken_;
  const std::vector<text::Word> words_;
  const double rate_;
  const int64_t earliest_;
  int64_t num_samples_ = 0;
  std::vector<float> levels_;            // align::PieceSound
  std::deque<align::WordTime> waiting_;  // the same, until the sound behind their ends is known
  std::vector<align::WordTime> placed_;  // samples of the piece, after the tempo; not taken
  size_t num_placed_ = 0;                // with those that were taken
  int64_t behind_ = 0;                   // the last placed word, in samples of the piece
};

}  // namespace orpheus::speech
