#pragma once
// A stream with an early first frame. The first frame is decoded with fewer following frames than
// its samples depend on, as if the sound ended there. From the second frame on the samples are
// exact. Belongs to one thread at a time.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "codes/frame.h"
#include "snac/config.h"
#include "snac/options.h"
#include "snac/stream.h"

namespace orpheus::snac {

class EarlyStream : public Stream {
 public:
  // Makes a stream of the same decoder and the same noise.
  using Open = std::function<std::unique_ptr<Stream>()>;

  // early_frames: how many frames after the first must be there before the first one is returned.
  // If the first push contains all frames that the first depends on, the first frame is exact.
  EarlyStream(Open open, int early_frames, const Config& config);

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;

 private:
  Result<void> give_first(const SampleSink& sink);
  SampleSink without_first(const SampleSink& sink);

  const Open open_;
  const size_t num_exact_frames_;  // frames that the first push needs for an exact first frame
  const size_t num_first_;         // frames to wait for, the first one included
  const int64_t samples_per_frame_;
  const std::unique_ptr<Stream> exact_;
  std::vector<codes::Frame> first_frames_;  // until the first frame is returned
  bool is_first_due_ = true;                // the first frame was not returned yet
  bool is_first_given_ = false;
  int64_t num_exact_ = 0;  // samples that exact_ has made
};

// A stream made by open. Its first frame is as early as the options allow.
std::unique_ptr<Stream> with_early_first(const Options& options, const Config& config,
                                         EarlyStream::Open open);

}  // namespace orpheus::snac
