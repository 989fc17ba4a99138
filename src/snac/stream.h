#pragma once
// Frames in, samples out, as they come. What comes out, end to end, is what decoding all frames at
// once gives, for every way of pushing them. One stream is one sound: make a new one for the next.
// Belongs to one thread at a time.

#include <functional>
#include <span>

#include "base/result.h"
#include "codes/frame.h"

namespace orpheus::snac {

// Takes samples in order. False ends the stream: the caller has heard enough.
using SampleSink = std::function<bool(std::span<const float>)>;

class Stream {
 public:
  virtual ~Stream() = default;
  // Samples come as soon as the frames that they depend on are there: those of the last two and a
  // half frames wait. Errors: kUsage (a code is not in the codebook), kCancelled (the sink said
  // enough), kBadFile (a sample is not a number), kLimit, kUnavailable.
  virtual Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) = 0;
  // The samples still waiting, as the end of the sound. Call once, last. Errors: the same.
  virtual Result<void> finish(const SampleSink& sink) = 0;
};

// Weights may be finite and overflow nevertheless. Errors: kBadFile (a sample is not a number).
Result<void> check_samples(std::span<const float> samples);

// Errors: kUsage, naming the code.
Result<void> check_codes(std::span<const codes::Frame> frames, int codebook_size);

}  // namespace orpheus::snac
