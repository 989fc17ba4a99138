#pragma once
// The encoder as a chain of layers that carry their tails, as CpuStream is for the decoder: samples
// go in as they come, latents come out, in memory that does not grow.
//
//   conv 1 → C  ·  4 × [three residual units · snake · conv 2r taps, stride r, C → 2C]  · depthwise
//
// One stream belongs to one thread at a time.

#include <memory>
#include <span>
#include <vector>

#include "codes/frame.h"
#include "snac/cpu_stream.h"
#include "snac/encoder_weights.h"
#include "snac/rows.h"

namespace orpheus::snac {

// Three residual units → snake → strided convolution
class EncoderBlock {
 public:
  EncoderBlock(const EncoderBlockWeights& weights, int channels);
  // Takes rows and appends those it can finish to out; the last call ends the sound.
  void push(const float* rows, int num_rows, bool last, Rows& out);

 private:
  const EncoderBlockWeights& weights_;
  std::vector<ResidualUnit> units_;
  std::vector<Rows> between_;  // what a unit gives to the next
  Rows snaked_;                // from half a stride before the next row's first tap on
};

class EncoderStream {
 public:
  explicit EncoderStream(std::shared_ptr<const EncoderWeights> weights);

  // Appends the latents that are ready, [latents][channels padded to whole vectors]. The last call
  // ends the sound, which must then be whole frames long.
  void push(std::span<const float> samples, bool last, Rows& latents);

 private:
  const std::shared_ptr<const EncoderWeights> weights_;
  Rows samples_;  // one a row, from three before the next on
  Rows widened_;
  std::vector<EncoderBlock> blocks_;
  std::vector<Rows> block_outputs_;
  Rows convolved_;  // what depthwise_out reads, from three rows before the next on
};

// Codes of whole frames: for each codebook in turn the nearest code to the residual's average over
// its stride, which is then taken off. latents are [4 · F][stride], and are left changed. Appends F
// frames.
void quantise(const EncoderWeights& weights, float* latents, int stride, int num_frames,
              std::vector<codes::Frame>& frames);

}  // namespace orpheus::snac
