#pragma once
// The progress shown while a text is spoken: the current piece and the remaining time. For the
// thread that speaks.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "text/spanned.h"

namespace orpheus::cli {

class SpeechProgress {
 public:
  // The voice's usual rate tells how far a piece has come; text_bytes: of the request's text.
  SpeechProgress(double characters_per_second, size_t text_bytes)
      : rate_(characters_per_second), text_bytes_(text_bytes) {}

  // A piece begins, 0 … count − 1; origin: its place in the request's text.
  void begin_piece(size_t index, size_t count, std::string_view text, text::Range origin);
  // Samples of it were made.
  void add_samples(size_t count) { num_samples_ += static_cast<int64_t>(count); }

  // "piece 12 of 62, 3 min left"; of one piece "4.2 s of speech, 8.1 x real time". elapsed_s: since
  // the first piece began.
  std::string line(double elapsed_s) const;

 private:
  double rate_;
  size_t text_bytes_;
  text::Range origin_;
  size_t piece_ = 0;
  size_t num_pieces_ = 1;
  double piece_s_ = 0;  // that the piece will take, about
  int64_t piece_begin_ = 0;
  int64_t num_samples_ = 0;
};

// "20 s", "3 min", "1 h 5 min": coarser as it is longer.
std::string about(double seconds);

}  // namespace orpheus::cli
