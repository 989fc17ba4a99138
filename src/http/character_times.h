#pragma once
// When each character of a text is spoken: of the text as it was written, and of the words that
// were spoken. Piece by piece, because the end of a piece is known when the next one begins. A
// word's time is divided evenly among its characters, as is that between two words. Belongs to one
// thread.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "text/spanned.h"

namespace orpheus::http {

// Code points with their times in seconds, in order: start_s <= end_s <= the next start_s. All
// three have the same length.
struct CharacterTimes {
  std::vector<std::string> characters;
  std::vector<double> start_s;
  std::vector<double> end_s;
};

// Of pieces that follow each other.
struct Alignment {
  double start_s = 0;  // of the first piece
  // Markup and thoughts are left out. Other characters that are not spoken take no time.
  CharacterTimes written;
  // The words as they are spoken, with a blank between two pieces.
  CharacterTimes spoken;
};

class Aligner {
 public:
  // A piece begins, which ends the one before it. Its origins are byte offsets in input.
  void begin_piece(const text::Spanned& piece, std::string_view input, double start_s);
  // The next words of this piece, in order. speed: of the sound.
  void add_words(std::span<const align::WordTime> words, double speed);
  // The last piece ends.
  void end(double end_s);
  // The pieces that have ended since the last call. Nothing if there are none.
  std::optional<Alignment> take();

 private:
  // From this byte of a piece's text on.
  struct Anchor {
    size_t offset = 0;
    double seconds = 0;
  };
  struct Piece {
    text::Spanned text;
    std::string written;  // of the input: from the end of the piece before it to its end
    size_t begin = 0;     // its offset in the input
    double start_s = 0;
    std::vector<Anchor> anchors = {};  // the ends of its words, in order
  };

  static std::vector<double> times_of(const Piece& piece, double end_s);
  void end_piece(const Piece& piece, double end_s);

  std::optional<Piece> piece_;
  size_t covered_ = 0;        // bytes of the input up to the end of the last piece
  bool wants_blank_ = false;  // before the next piece
  std::optional<Alignment> ended_;
};

}  // namespace orpheus::http
