#pragma once
// A SNAC codec's sizes, read from its GGUF.

#include <array>
#include <vector>

#include "base/result.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {

inline constexpr int kNumCodebooks = 3;
inline constexpr std::array<int, kNumCodebooks> kVqStrides = {4, 2, 1};  // latents per code
inline constexpr int kLatentsPerFrame = 4;
inline constexpr int kKernel = 7;  // taps of convolutions with as many rows out as in
inline constexpr std::array<int, 3> kDilations = {1, 3, 9};

struct Config {
  int sample_rate_hz = 24000;
  int latent_dim = 0;
  int encoder_dim = 0;             // channels of the encoder's first block
  std::vector<int> encoder_rates;  // downsampling of each block
  int decoder_dim = 0;             // channels of the first block's input
  std::vector<int> decoder_rates;  // upsampling of each block, all even
  int codebook_size = 0;
  int codebook_dim = 0;
  bool noise = true;  // whether blocks have a noise block

  int num_blocks() const { return static_cast<int>(decoder_rates.size()); }
  int block_channels(int block) const { return decoder_dim >> (block + 1); }  // of a block's output
  // The rows for one frame in a block's output.
  int steps_per_frame(int block) const;
  int samples_per_frame() const { return steps_per_frame(num_blocks() - 1); }
  // The additions and multiplications of all matrix products and convolutions for one frame.
  double flop_per_frame() const;
  // How far, on each side, a latent's samples depend on others: in latents, in whole frames.
  int context_latents() const;
  int context_frames() const;
  int samples_per_latent() const { return samples_per_frame() / kLatentsPerFrame; }
};

// Errors: kBadFile (missing keys, values out of range, a language model), kUnsupported (a SNAC that
// is not 24 kHz, not 1 + 2 + 4 codes and 2048 samples per frame, or has attention).
Result<Config> read_config(const tensor::GgufFile& file);

}  // namespace orpheus::snac
