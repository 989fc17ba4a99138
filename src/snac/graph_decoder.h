#pragma once
// Codes to samples for a window of frames, by a ggml graph. May be called from any thread: one
// window is decoded at a time.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/graph_weights.h"
#include "snac/noise.h"
#include "tensor/device.h"
#include "tensor/graph.h"

namespace orpheus::snac {

class GraphDecoder {
 public:
  // The device computes for this decoder alone, or for others on the same thread.
  GraphDecoder(std::shared_ptr<const GraphWeights> weights,
               std::shared_ptr<const tensor::Device> device)
      : weights_(std::move(weights)), device_(std::move(device)) {}

  const Config& config() const { return weights_->config(); }

  // Samples of these frames, samples_per_frame each. Both ends are treated as the ends of the
  // sound; first_frame is the window's place in it, by which the noise is chosen. Errors: kUsage (a
  // code out of range, no frames), kLimit (no memory), kUnavailable.
  Result<void> decode(std::span<const codes::Frame> frames, int64_t first_frame,
                      const NoiseSource& noise, std::vector<float>& samples);

 private:
  Result<void> prepare_graph(int num_frames);

  std::shared_ptr<const GraphWeights> weights_;
  std::shared_ptr<const tensor::Device> device_;
  std::optional<tensor::Graph> graph_;  // of the last window's length
  int graph_frames_ = 0;
  std::vector<float> noise_values_;
  std::mutex mutex_;  // of the device, the graph and noise_values_
};

}  // namespace orpheus::snac
