#pragma once
// What the client of a WebSocket is told of a speech, in the words of one protocol. Belongs to the
// thread of the speech's work.

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "http/errors.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// Each function appends message frames (message_frames.h). Seconds are those of the sound as the
// client hears it, at the request's speed.
class LiveMessages {
 public:
  virtual ~LiveMessages() = default;
  // A piece sounds from this time on. text: all that has arrived, to which the piece's origins
  // refer.
  virtual void begin_piece(const speech::PieceProgress& piece, std::string_view text,
                           double start_s, std::vector<std::byte>& frames) = 0;
  // When the next words of this piece are spoken. text: as at the piece's begin.
  virtual void add_words(const speech::WordProgress& words, std::string_view text,
                         std::vector<std::byte>& frames) = 0;
  // Encoded sound of this length.
  virtual void sound(std::span<const std::byte> encoded, std::chrono::microseconds length,
                     std::vector<std::byte>& frames) = 0;
  // The whole text was spoken.
  virtual void end(const speech::Summary& made, double length_s,
                   std::vector<std::byte>& frames) = 0;
  // Whether a text without words is spoken as nothing, and not an error.
  virtual bool may_be_silent() const { return false; }
  // The speech has failed, perhaps after a part of its sound.
  virtual void fail(const ApiError& error, std::vector<std::byte>& frames) = 0;
};

}  // namespace orpheus::http
