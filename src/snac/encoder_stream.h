#pragma once
// The encoder as a chain of layers, like CpuStream for the decoder. Samples go in as they arrive,
// latents come out, and memory does not grow.
//
//   samples → conv 7 → C
//           · 4 × [three residual units · snake · conv of 2r taps, stride r, C → 2C]
//           · depthwise 7 → latents
//
// One stream belongs to one thread at a time.

#include <memory>
#include <span>
#include <vector>

#include "snac/encoder_block.h"
#include "snac/encoder_weights.h"
#include "snac/rows.h"
#include "snac/streaming_conv.h"

namespace orpheus::snac {

class EncoderStream {
 public:
  explicit EncoderStream(std::shared_ptr<const EncoderWeights> weights);

  // Appends the latents that are ready, [latent_dim, n_latents], to the existing ones. The last
  // call ends the sound; the sound must have whole frames.
  void push(std::span<const float> samples, bool last, Rows& latents);

 private:
  const std::shared_ptr<const EncoderWeights> weights_;
  StreamingConv<DenseConv> convolution_in_;
  Rows widened_;  // [encoder_dim, n_samples]
  std::vector<EncoderBlock> blocks_;
  std::vector<Rows> block_outputs_;  // [a block's out_channels, n_rows]
  StreamingConv<Depthwise> depthwise_out_;
};

}  // namespace orpheus::snac
