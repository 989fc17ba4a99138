#pragma once
// Which part of a text is heard at a time of its sound: for a client that interrupts a speech. Safe
// from every thread.

#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "text/spanned.h"

namespace orpheus::http {

class Heard {
 public:
  // characters_per_second: the usual rate of the voice at this speed. It places the words of a
  // piece whose end is not known yet.
  explicit Heard(double characters_per_second) : rate_(characters_per_second) {}

  // A piece sounds from this time on. Its origins are byte offsets in the input.
  void begin_piece(double start_s, text::Spanned text);
  // The last piece ends.
  void end(double end_s);

  // The place in the input of the character that is heard: of a spoken form ("five dollars") the
  // whole written one ("$5"). Before the first piece it is empty; after the last one it is the
  // end. The sound of a piece is divided by its characters.
  text::Range at(double seconds) const;

 private:
  struct Piece {
    double start_s = 0;
    text::Spanned text;
  };

  const double rate_;
  mutable std::mutex mutex_;
  std::vector<Piece> pieces_;
  std::optional<double> end_s_;
};

}  // namespace orpheus::http
