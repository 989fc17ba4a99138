#pragma once
// Joins the sounds of a text's pieces. The silence at the end of one piece and at the beginning of
// the next becomes a pause of natural length. No audible sound is cut, and a piece that ends in the
// middle of a sound is faded, so no click is heard. A text of one piece passes unchanged. Belongs
// to one thread; a joiner serves one speech.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "text/split.h"

namespace orpheus::speech {

class Joiner {
 public:
  // Receives samples at kSampleRateHz, in order. Returning false ends the speech.
  using Sink = std::function<bool(std::span<const float>)>;

  // Adds silence before the first piece. Optional first call. False if the sink ended the speech.
  bool begin(int64_t silent_ms, const Sink& sink);
  // Drops silence before the first sound of the first piece, all but this much, if it is longer
  // than a tenth of a second: nobody notices less. Optional; call it before the first push.
  void shorten_start(int64_t most_ms);
  // Takes the next samples of the current piece. Silence at their end is held back, at most half a
  // second, until it is known what follows. False if the sink ended the speech.
  bool push(std::span<const float> samples, const Sink& sink);
  // Ends the current piece. pause_ms: a pause that the text sets; 0: none. With a pause, the
  // silence between this piece and the next has exactly this length, unless more silence was
  // already passed on.
  void end_piece(text::PieceEnd end, int64_t pause_ms = 0);
  // Ends the speech and hands out the held samples. Call once, last.
  bool finish(const Sink& sink);

  // Where the current piece's first sample is among the samples handed out, or would be if no
  // silence had been cut before its sound. All its sound is at this distance. Nothing until the
  // piece sounds.
  std::optional<int64_t> piece_offset() const;

 private:
  bool push_before_sound(std::span<const float> samples, const Sink& sink);
  bool push_within_piece(std::span<const float> samples, const Sink& sink);
  bool close_gap(const Sink& sink);
  bool give(std::span<const float> samples, const Sink& sink);
  std::vector<float> faded_in(std::vector<float> samples);

  std::optional<size_t> most_before_sound_;  // samples; nothing: no longer, or all are kept
  bool is_start_long_ = false;               // more silence than is left as it is
  std::vector<float> held_;       // held end of the input: silence, or too few samples to fade out
  std::vector<float> gap_;        // between pieces: the silence of both pieces so far
  size_t num_of_sound_ = 0;       // samples of gap_ from the last piece that had sound
  size_t num_before_piece_ = 0;   // samples of gap_ from before the current piece
  int64_t num_to_fade_in_ = 0;    // samples of a piece that began in the middle of a sound
  int64_t num_silent_given_ = 0;  // silent samples that were handed out before held_
  int64_t pause_samples_ = 0;     // the gap's target length
  bool is_asked_for_ = false;     // the text sets the pause: exactly pause_samples_
  bool is_between_pieces_ = false;
  int64_t num_given_ = 0;     // samples handed out
  int64_t num_in_piece_ = 0;  // samples of the current piece that were pushed
};

}  // namespace orpheus::speech
