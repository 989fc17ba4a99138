#pragma once
// Frames in, samples out, as they come. What comes out, end to end, is what decoding all frames at
// once gives, for every way of pushing them: each window is decoded with the whole frames on both
// sides that its samples depend on, and only the samples that have all of that context are given
// out. One stream is one sound; make a new one for the next.

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/decoder.h"
#include "snac/noise.h"

namespace orpheus::snac {

struct StreamOptions {
  int first_window_frames = 4;  // given out as soon as they have their context …
  int max_window_frames = 32;  // … then windows twice as long, up to this, for less decoding twice
};

// Takes samples in order. False ends the stream: the caller has heard enough.
using SampleSink = std::function<bool(std::span<const float>)>;

class Stream {
 public:
  // The decoder must outlive the stream, and may serve others in between.
  Stream(Decoder& decoder, NoiseSource noise, const StreamOptions& options);

  // Frames that cannot be given out yet wait for their right-hand context.
  // Errors: those of Decoder::decode; kCancelled when the sink said enough.
  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink);
  // The frames still waiting, decoded as the end of the sound.
  Result<void> finish(const SampleSink& sink);

  int64_t num_frames_given() const { return next_frame_; }

 private:
  Result<void> give(int num_frames, const SampleSink& sink);

  Decoder& decoder_;
  NoiseSource noise_;
  StreamOptions options_;
  int window_frames_;
  std::vector<codes::Frame> frames_;  // from left_frames_ before next_frame_ on
  int left_frames_ = 0;               // frames kept as context before next_frame_
  int64_t next_frame_ = 0;            // first that was not given out
  std::vector<float> samples_;
};

}  // namespace orpheus::snac
