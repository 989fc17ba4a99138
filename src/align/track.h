#pragma once
// Follows a piece while it is spoken: frames with their attention go in, words with their half
// frames come out, kLag half frames after each word's end. Belongs to one thread; a track serves
// one piece.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "align/path.h"
#include "align/shares.h"
#include "align/text_rows.h"
#include "lm/language_model.h"

namespace orpheus::align {

// Surprise is the negative logarithm of a probability, in parts of a nat. Half a frame has the sum
// over its tokens.
inline constexpr int32_t kNat = 256;

// What the language model says of a frame.
struct FrameEvidence {
  std::array<Shares, kHalvesPerFrame> shares;  // empty: unknown
  std::array<int32_t, kHalvesPerFrame> surprise{};
};

// tokens: the seven of a frame, slot 0 first. num_rows: of the text.
FrameEvidence evidence_of(std::span<const lm::GeneratedToken> tokens, size_t num_rows);

// A word, or a pause, that was spoken once without a break.
struct SpokenWord {
  int word = -1;  // −1: a pause between words
  int begin = 0;  // half frames of the piece
  int end = 0;
  bool goes_back = false;     // the path came here from a later row
  int32_t share = 0;          // the mean of the path's (PathStep::share)
  int32_t surprise = 0;       // the mean of a half frame
  int32_t most_surprise = 0;  // of the half frames
  int num_halves() const { return end - begin; }
};

class Track {
 public:
  // At least one row.
  explicit Track(std::vector<TextRow> rows);

  void push(const FrameEvidence& frame);
  // No frames follow.
  void finish();
  // The next word or pause that has ended; nothing if none has.
  std::optional<SpokenWord> next();
  // The word or pause that goes on, as far as it is decided. After finish(): nothing.
  const std::optional<SpokenWord>& current() const { return current_; }

 private:
  void add(const PathStep& step);
  void end_current();

  std::vector<TextRow> rows_;
  Path path_;
  std::deque<int32_t> surprises_;  // of the half frames that are not decided
  std::deque<SpokenWord> ended_;
  std::optional<SpokenWord> current_;
  int64_t share_sum_ = 0;     // of current_
  int64_t surprise_sum_ = 0;  // of current_
  int last_row_ = 0;
  int num_halves_ = 0;  // decided
};

}  // namespace orpheus::align
