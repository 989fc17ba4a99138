#pragma once
// The decoder as a chain of layers. Each layer keeps the rows that it will read again
// (streaming_conv.h), so every row of every layer is computed once. The samples are bit for bit the
// same however the input is divided:
//
//   codes → latents · depthwise 7 · pointwise → C
//         · 4 × [snake · upsample r, C → C / 2 · noise · three residual units]
//         · snake · conv 7 → 1 · tanh → samples
//
// Until finish(), the output lags by the network's right-hand context (2.5 frames). A stream may
// begin within a sound. Its layers then return only rows with complete left-hand context; these are
// bit for bit those of the whole sound.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "codes/frame.h"
#include "snac/cpu_weights.h"
#include "snac/decoder_block.h"
#include "snac/dequantiser.h"
#include "snac/noise.h"
#include "snac/rows.h"
#include "snac/shared_product.h"
#include "snac/stream.h"
#include "snac/streaming_conv.h"

namespace orpheus::snac {

class CpuStream : public Stream {
 public:
  // For tests: called with the rows of each stage of the reference's decoder.model.
  using Observer = std::function<void(int stage, const float* rows, int num_rows, int stride)>;

  // first_upsample computes the first block's product, which has the largest weights, for all
  // streams that share it. Null: not shared. first_latent is the position in the sound where this
  // stream begins; the first pushed frame is the one that contains it.
  CpuStream(std::shared_ptr<const CpuWeights> weights, NoiseSource noise,
            std::shared_ptr<SharedProduct> first_upsample, int64_t first_latent = 0,
            Observer observer = {});

  // The position of the next output sample in the sound.
  int64_t next_sample() const { return samples_.first_row(); }

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;

 private:
  void step(bool ends_sound);
  void step_blocks(size_t first, const Piece& x);
  void step_out(const Piece& x);
  Result<void> give(const SampleSink& sink);
  void observe(int stage, const float* rows, int num_rows, int stride) const {
    if (observer_) observer_(stage, rows, num_rows, stride);
  }

  const std::shared_ptr<const CpuWeights> weights_;
  const NoiseSource noise_;
  const std::shared_ptr<SharedProduct> first_upsample_;
  const Observer observer_;
  Dequantiser dequantiser_;
  Rows latents_;  // [latent_dim, n_latents], of the current frames
  StreamingConv<Depthwise> depthwise_in_;
  Rows convolved_;  // [latent_dim, n_latents]
  Rows widened_;    // [decoder_dim, n_latents]
  std::vector<DecoderBlock> blocks_;
  StreamingConv<ToMono> to_mono_;  // of snake(x)
  Rows samples_;                   // [1, n_samples], not handed out yet
};

}  // namespace orpheus::snac
