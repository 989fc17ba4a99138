#pragma once
// A streaming decoder: frames go in as they arrive, samples come out. The samples do not depend on
// how many frames each push has. A stream decodes one sound; make a new stream for the next one.
// Belongs to one thread at a time.

#include <cstddef>
#include <functional>
#include <span>

#include "base/result.h"
#include "codes/frame.h"

namespace orpheus::snac {

// Receives samples in order. Returning false ends the stream.
using SampleSink = std::function<bool(std::span<const float>)>;

class Stream {
 public:
  virtual ~Stream() = default;
  // Decodes frames and passes on all samples whose context is complete; those of the last two and a
  // half frames are held. Errors: kUsage (a code is not in the codebook), kCancelled (the sink
  // returned false), kBadFile (a sample is not a number), kLimit, kUnavailable.
  virtual Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) = 0;
  // Ends the sound and passes on the held samples. Call once, last. Errors: those of push.
  virtual Result<void> finish(const SampleSink& sink) = 0;

  // A stream with a listener may compute on another thread. Its push and finish then return no
  // samples. Call begin_window() after them, and whenever the listener was woken; take() passes the
  // samples on. While a window is computed, do not push.

  // Passes on the samples of a computed window. True: the window is still being computed. Errors:
  // those of push.
  virtual Result<bool> take(const SampleSink& /*sink*/) { return false; }
  // Begins to compute a window if one is due. True: a window is being computed. After finish,
  // false means that all samples were passed on. Errors: those of push.
  virtual Result<bool> begin_window() { return false; }
  // The most frames to push before begin_window(), if they are there.
  virtual size_t frames_per_push() const { return 1; }
};

// Products of finite weights may overflow. Errors: kBadFile (a sample is not a number).
Result<void> check_samples(std::span<const float> samples);

// Errors: kUsage, naming the code.
Result<void> check_codes(std::span<const codes::Frame> frames, int codebook_size);

}  // namespace orpheus::snac
