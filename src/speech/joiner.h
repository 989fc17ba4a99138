#pragma once
// Puts the sounds of a text's pieces end to end. What a voice leaves silent at the end of one piece
// and the beginning of the next becomes a pause of natural length; nothing that sounds is cut, and
// no step is heard where a piece ends in the middle of a sound. A text of one piece passes
// unchanged. Belongs to one thread; one joiner is one speech.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "text/split.h"

namespace orpheus::speech {

class Joiner {
 public:
  // Takes samples at kSampleRateHz, in order. False: enough was heard.
  using Sink = std::function<bool(std::span<const float>)>;

  // Silence before the first piece. Call first, if at all. False when the sink said enough.
  bool begin(int64_t silent_ms, const Sink& sink);
  // The next samples of the piece in progress. Silence at their end is held back, half a second of
  // it at most, until it is known what follows. False when the sink said enough.
  bool push(std::span<const float> samples, const Sink& sink);
  // The piece in progress is over; what is pushed next belongs to another.
  // pause_ms: what the text asks for; where it is not 0, the silence between the last sound and the
  // next is just so long, but for what was handed out already.
  void end_piece(text::PieceEnd end, int64_t pause_ms = 0);
  // Hands out what is held back, as the end of the speech. Call once, last.
  bool finish(const Sink& sink);

 private:
  bool push_within_piece(std::span<const float> samples, const Sink& sink);
  bool close_gap(const Sink& sink);
  std::vector<float> faded_in(std::vector<float> samples);

  std::vector<float> held_;       // the end of what was pushed: silent, or too little to fade out
  std::vector<float> gap_;        // between pieces: the silence so far, of both
  size_t num_of_sound_ = 0;       // of gap_, those from the last piece that sounded
  size_t num_before_piece_ = 0;   // of gap_, those from before the piece in progress
  int64_t num_to_fade_in_ = 0;    // samples of a piece that began in the middle of a sound
  int64_t num_silent_given_ = 0;  // samples that were handed out before held_ and are silent too
  int64_t pause_samples_ = 0;     // that the gap shall have
  bool is_asked_for_ = false;     // by the text: the gap has just these
  bool is_between_pieces_ = false;
};

}  // namespace orpheus::speech
