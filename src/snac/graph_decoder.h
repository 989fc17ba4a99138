#pragma once
// Decodes windows of frames with a ggml graph. Windows of equal length are computed together, in
// one graph with the streams as a dimension. The graphs of all sizes share the memory of their
// intermediate results. Belongs to the thread of its device.

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/config.h"
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

// The inputs of the graph for one window, and then its samples. Owns what it has.
struct WindowTask {
  int num_frames = 0;                                     // with the padding
  int padding_before = 0;                                 // frames
  std::array<std::vector<int32_t>, kNumCodebooks> codes;  // of all frames
  std::vector<std::vector<float>> noise;                  // of each block; padding has no noise
  std::vector<float> samples;  // of the frames without the padding, samples_per_frame each
};

// Draws the noise of a window. May be called from any thread. Errors: kUsage (a code out of range,
// no frames).
Result<WindowTask> task_of(const Window& window, const Config& config);

class GraphDecoder {
 public:
  // Called before each graph is computed: its windows, and the frames of all its streams.
  using OnCall = std::function<void(int num_windows, int num_frames)>;

  // No other thread may use the device.
  GraphDecoder(std::shared_ptr<const GraphWeights> weights,
               std::shared_ptr<const tensor::Device> device, OnCall on_call = {});
  ~GraphDecoder();

  const Config& config() const { return weights_->config(); }

  // Computes the samples of tasks of equal length, kMaxStreamsOfGraph at most. Errors, for all of
  // them: kLimit (no memory), kUnavailable.
  Result<void> decode(std::span<WindowTask* const> tasks);

 private:
  struct KeptGraph {
    int num_frames;
    int num_streams;
    tensor::Graph graph;
  };

  Result<tensor::Graph*> graph_for(int num_frames, int num_streams);

  const std::shared_ptr<const GraphWeights> weights_;
  const std::shared_ptr<const tensor::Device> device_;
  const OnCall on_call_;
  const std::shared_ptr<tensor::GraphMemory> memory_;  // of all graphs
  std::vector<KeptGraph> graphs_;  // in order of use; the last one is the most recent
  std::vector<int32_t> codes_;
  std::vector<float> values_;
};

}  // namespace orpheus::snac
