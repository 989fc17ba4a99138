#pragma once
// Which part of a text is heard at a time of its sound: for a client that interrupts a speech. Safe
// from every thread.

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "text/spanned.h"

namespace orpheus::http {

class Heard {
 public:
  // characters_per_second: the usual rate of the voice at this speed. It places the words of a
  // piece whose end is not known yet.
  explicit Heard(double characters_per_second) : rate_(characters_per_second) {}

  // A piece sounds from this time on. Its origins are byte offsets in the input.
  void begin_piece(double start_s, text::Spanned text);
  // The next words of the last piece that began. speed: of the sound.
  void add_words(std::span<const align::WordTime> words, double speed);
  // The last piece ends.
  void end(double end_s);
  bool has_ended() const;

  // The place in the input of the word that is heard: of a spoken form ("five dollars") the whole
  // written one ("$5"). Behind a word, in a pause, it is the word's end. Before the first piece it
  // is empty; after the last one it is the end. Where words are not known yet, it is the place of a
  // character: the rest of a piece's sound is divided by its characters.
  text::Range at(double seconds) const;
  // The last word that began, as it is spoken; empty before the first.
  std::string word_at(double seconds) const;

 private:
  struct Word {
    double start_s = 0;
    double end_s = 0;
    text::Range text;  // of the piece
  };
  struct Piece {
    double start_s = 0;
    text::Spanned text;
    std::vector<Word> words = {};  // as far as they are known
  };
  // What is heard of a piece: the whole of a word, a pause behind it, or a character.
  struct Place {
    const Piece* piece = nullptr;  // null before the first
    text::Range text;              // empty in a pause
  };
  Place place_at(double seconds) const;

  const double rate_;
  mutable std::mutex mutex_;
  std::vector<Piece> pieces_;
  std::optional<double> end_s_;
};

}  // namespace orpheus::http
