#pragma once
// Joins the sounds of a text's pieces. The silence at the end of one piece and at the beginning of
// the next becomes a pause of natural length. No audible sound is cut, and a piece that ends in the
// middle of a sound is faded, so no click is heard. A text of one piece passes unchanged. Belongs
// to one thread; a joiner serves one speech.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "text/split.h"

namespace orpheus::speech {

class Joiner {
 public:
  // Receives samples at kSampleRateHz, in order. False ends the speech.
  using Sink = std::function<bool(std::span<const float>)>;

  // Adds silence before the first piece. Call first, if at all. False if the sink ended the speech.
  bool begin(int64_t silent_ms, const Sink& sink);
  // Takes the next samples of the current piece. Silence at their end is held back, at most half a
  // second, until it is known what follows. False if the sink ended the speech.
  bool push(std::span<const float> samples, const Sink& sink);
  // Ends the current piece. pause_ms: a pause that the text asks for. If it is not 0, the silence
  // between the last sound and the next has exactly this length, unless more was handed out
  // already.
  void end_piece(text::PieceEnd end, int64_t pause_ms = 0);
  // Ends the speech and hands out the held samples. Call once, last.
  bool finish(const Sink& sink);

 private:
  bool push_within_piece(std::span<const float> samples, const Sink& sink);
  bool close_gap(const Sink& sink);
  std::vector<float> faded_in(std::vector<float> samples);

  std::vector<float> held_;       // the end of what was pushed: silent, or too little to fade out
  std::vector<float> gap_;        // between pieces: the silence so far, of both
  size_t num_of_sound_ = 0;       // of gap_: samples from the last piece with sound
  size_t num_before_piece_ = 0;   // of gap_: samples from before the current piece
  int64_t num_to_fade_in_ = 0;    // samples of a piece that began in the middle of a sound
  int64_t num_silent_given_ = 0;  // silent samples that were handed out before held_
  int64_t pause_samples_ = 0;     // the gap's target length
  bool is_asked_for_ = false;     // by the text: the gap has exactly pause_samples_
  bool is_between_pieces_ = false;
};

}  // namespace orpheus::speech
