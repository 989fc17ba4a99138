#pragma once
// A stream that uses a decoder of windows. Each window is decoded with the frames on both sides
// that its samples depend on; only samples with complete context are returned. Positions and
// lengths are counted in latents, a quarter of a frame each.

#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/graph_decoder.h"
#include "snac/noise.h"
#include "snac/options.h"
#include "snac/stream.h"

namespace orpheus::snac {

class WindowStream : public Stream {
 public:
  // The decoder must outlive the stream. Other streams may use it in between.
  WindowStream(GraphDecoder& decoder, NoiseSource noise, const Options& options);

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;

 private:
  int64_t end_latent() const;
  int window_frames() const;
  int usual_frames(int window_frames) const;
  Window window_within() const;
  Window window_to_the_end() const;
  Result<void> give(int64_t num_latents, const Window& window, const SampleSink& sink);

  GraphDecoder& decoder_;
  const NoiseSource noise_;
  const int max_window_frames_;
  const int context_;                 // latents
  std::vector<codes::Frame> frames_;  // needed by samples that are not returned yet
  int64_t first_frame_ = 0;           // the position of frames_[0]
  int64_t num_given_ = 0;             // latents whose samples were returned
  std::vector<float> samples_;
};

}  // namespace orpheus::snac
