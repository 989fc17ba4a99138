#pragma once
// A streaming decoder: frames go in as they arrive, samples come out. For every way of pushing the
// frames, the samples are the same as from decoding all frames at once. A stream decodes one sound;
// make a new stream for the next. Belongs to one thread at a time.

#include <functional>
#include <span>

#include "base/result.h"
#include "codes/frame.h"

namespace orpheus::snac {

// Takes samples in order. False ends the stream.
using SampleSink = std::function<bool(std::span<const float>)>;

class Stream {
 public:
  virtual ~Stream() = default;
  // Decodes frames and passes on all samples whose context is complete. The samples of the last two
  // and a half frames wait. Errors: kUsage (a code is not in the codebook), kCancelled (the sink
  // returned false), kBadFile (a sample is not a number), kLimit, kUnavailable.
  virtual Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) = 0;
  // Ends the sound and passes on the waiting samples. Call once, last. Errors: those of push.
  virtual Result<void> finish(const SampleSink& sink) = 0;
};

// Finite weights may still overflow. Errors: kBadFile (a sample is not a number).
Result<void> check_samples(std::span<const float> samples);

// Errors: kUsage, naming the code.
Result<void> check_codes(std::span<const codes::Frame> frames, int codebook_size);

}  // namespace orpheus::snac
