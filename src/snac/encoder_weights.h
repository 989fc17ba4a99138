#pragma once
// The encoder's weights in the layout of the CPU kernels. Immutable: may be shared by all threads.

#include <array>
#include <span>
#include <vector>

#include "base/result.h"
#include "snac/config.h"
#include "snac/cpu_weights.h"
#include "snac/dense_conv.h"
#include "snac/kernels.h"
#include "snac/matrix.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {

struct EncoderBlockWeights {
  std::array<CpuResidualUnit, kDilations.size()> units;
  Snake snake;
  DenseConv downsample;  // 2r taps, stride r
};

struct QuantiserWeights {
  Matrix project_in;         // latent_dim to codebook_dim
  Matrix nearness;           // unit vector to its similarity with each code
  std::vector<float> codes;  // [codebook_size][codebook_dim]
  Matrix project_out;        // codebook_dim to latent_dim
};

struct EncoderWeights {
  Config config;
  DenseConv convolution_in;  // seven samples to the channels of the first block
  std::vector<EncoderBlockWeights> blocks;
  Depthwise depthwise_out;
  std::array<QuantiserWeights, kNumCodebooks> quantisers;
};

// Scales a vector to a norm of 1.
void normalise(std::span<float> vector);

// Errors: kBadFile (a tensor is missing, mis-shaped or not float32), kUnsupported (an encoder with
// other than four latents for 2048 samples).
Result<EncoderWeights> pack_encoder_weights(const tensor::GgufFile& file, const Config& config);

}  // namespace orpheus::snac
