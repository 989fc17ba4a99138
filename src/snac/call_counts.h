#pragma once
// Metrics of a decoder: how many frames and streams one call computes. Safe from every
// thread; counting takes no lock.

#include <string>

#include "base/metrics.h"

namespace orpheus::snac {

class CallCounts {
 public:
  // Records one pass over the weights: its number of frames, and of streams.
  void add(double num_frames, int num_streams) {
    frames_per_call_.observe(num_frames);
    streams_per_call_.observe(num_streams);
  }
  // In the text format of Prometheus.
  std::string text() const { return registry_.text(); }

 private:
  metrics::Registry registry_;
  metrics::Histogram& frames_per_call_ =
      registry_.histogram("orpheus_codec_frames_per_call",
                          "Frames that the codec computed together; one is 85 ms of sound.",
                          {0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96});
  metrics::Histogram& streams_per_call_ = registry_.histogram(
      "orpheus_codec_streams_per_call", "Streams whose frames the codec computed together.",
      {1, 2, 3, 4, 6, 8, 12, 16, 24, 32});
};

}  // namespace orpheus::snac
