#pragma once
// Decodes windows of frames with a ggml graph. Safe from every thread. The device computes one
// graph at a time; other windows wait. Then waiting windows of equal length are computed together,
// in one graph with the streams as a dimension.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
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

// Frames that are decoded together. Both ends are treated as the ends of the sound.
struct Window {
  std::span<const codes::Frame> frames;
  int64_t first_frame = 0;  // the position of frames[0] in the sound; selects the noise
  // Frames of code 0 to decode before and after; their samples are dropped. So windows have few
  // lengths and need few graphs. Next to padding, the samples of context_latents() latents are
  // wrong.
  int padding_before = 0;
  int padding_after = 0;
  NoiseSource noise;

  int num_frames() const {
    return padding_before + static_cast<int>(frames.size()) + padding_after;
  }
};

class GraphDecoder {
 public:
  // Called for each computed graph: its streams, and the frames of all of them.
  using OnCall = std::function<void(int num_streams, int num_frames)>;

  // No other thread may use the device while a decode() runs.
  GraphDecoder(std::shared_ptr<const GraphWeights> weights,
               std::shared_ptr<const tensor::Device> device, OnCall on_call = {});
  ~GraphDecoder();

  const Config& config() const { return weights_->config(); }

  // Decodes the window's frames, samples_per_frame samples each. Waits for the result. Errors:
  // kUsage (a code out of range, no frames), kLimit (no memory), kUnavailable.
  Result<void> decode(const Window& window, std::vector<float>& samples);

  // Decodes windows of equal length in one graph; results in the same order. One thread at a time,
  // and not at the same time as the other decode(). Errors: the same, for all windows.
  Result<std::vector<std::vector<float>>> decode_together(std::span<const Window> windows);

 private:
  struct Inputs;
  struct Request;
  struct KeptGraph {
    int num_frames;
    int num_streams;
    tensor::Graph graph;
  };

  Result<Inputs> inputs_of(const Window& window) const;
  void compute_next(std::unique_lock<std::mutex>& lock);
  Result<void> compute(std::span<Request* const> batch);
  Result<tensor::Graph*> graph_for(int num_frames, int num_streams);

  const std::shared_ptr<const GraphWeights> weights_;
  const std::shared_ptr<const tensor::Device> device_;
  const OnCall on_call_;

  std::mutex mutex_;
  std::condition_variable computed_;
  bool is_computing_ = false;
  std::vector<Request*> waiting_;  // first come, first served

  // Used by the computing thread only.
  std::vector<KeptGraph> graphs_;  // in order of use; the last one is the most recent
  std::vector<int32_t> codes_;
  std::vector<float> values_;
};

}  // namespace orpheus::snac
