#pragma once
// The decoder of SNAC as a ggml graph. Signals are [time, channels]; GPU back ends fuse the
// operations of snake in this layout.
//
//   latent = Σ_k repeat(project_k · codes_k[c_k] + bias_k, stride_k)      [4F, latent_dim]
//   x = pointwise_in(depthwise_in(latent))                                [4F, decoder_dim]
//   for each block, rate r, channels halving:
//     x = upsample(snake(x))            transposed convolution, kernel 2r, stride r, padding r/2
//     x = x + n · (noise · x)           n one normal value per step
//     for dilation d in 1, 3, 9:
//       x = x + pointwise(snake(depthwise_d(snake(x))))
//   audio = tanh(conv(snake(x)))                                          [2048F, 1]
//
// Zeros at both ends keep the length in every convolution. The F frames of each stream are adjacent
// along time; no convolution reads from one stream into the next.

#include <cstddef>

#include "snac/graph_weights.h"
#include "tensor/graph.h"

namespace orpheus::snac {

// The length of each window in the graph.
struct WindowShape {
  int num_frames = 0;
  int num_streams = 1;
};

// With S streams of F frames:
// Inputs:  "codes_0" i32 [F·S], "codes_1" i32 [2F·S], "codes_2" i32 [4F·S], and with noise
//          "noise_k" f32 [steps of block k · S]
// Outputs: "audio" f32 [2048F·S]; unless stages are dropped also "latent" [4F·S, latent_dim] and
//          "stage_0" … "stage_8", the outputs of the reference's decoder.model[k]
enum class Stages {
  kDrop,
  kKeep,
  kRestart,  // each stage begins from an input, "after_latent" or "after_stage_k", instead of
             // the output of the previous stage
};
void build_decoder(ggml_context* context, ggml_cgraph* graph, const GraphWeights& weights,
                   WindowShape shape, Stages stages);

// The most nodes that build_decoder makes.
size_t max_decoder_nodes(const Config& config);

}  // namespace orpheus::snac
