#pragma once
// A stream over a decoder of windows: each window is decoded with the whole frames on both sides
// that its samples depend on, and only the samples that have all of that context are given out.

#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/call_counts.h"
#include "snac/graph_decoder.h"
#include "snac/noise.h"
#include "snac/options.h"
#include "snac/stream.h"

namespace orpheus::snac {

class WindowStream : public Stream {
 public:
  // Decoder and counts must outlive the stream, and may serve others in between.
  WindowStream(GraphDecoder& decoder, NoiseSource noise, const Options& options,
               CallCounts& counts);

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;

 private:
  Result<void> give(int num_frames, const SampleSink& sink);

  GraphDecoder& decoder_;
  const NoiseSource noise_;
  const Options options_;
  CallCounts& counts_;
  int window_frames_;
  std::vector<codes::Frame> frames_;  // from left_frames_ before next_frame_ on
  int left_frames_ = 0;               // frames kept as context before next_frame_
  int64_t next_frame_ = 0;            // first that was not given out
  std::vector<float> samples_;
};

}  // namespace orpheus::snac
