#pragma once
// The decoder's weights in the layout of the CPU kernels. Immutable: may be shared by all threads.

#include <array>
#include <vector>

#include "base/result.h"
#include "snac/config.h"
#include "snac/kernels.h"
#include "snac/matrix.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {

struct CpuResidualUnit {
  Snake snake_in;
  Depthwise depthwise;
  Snake snake_mid;
  Matrix pointwise;
};

struct CpuBlock {
  Snake snake;
  // A transposed convolution with 2r taps and stride r is one matrix product: input steps t − 1 and
  // t, side by side, give r output steps.
  Matrix upsample;
  Matrix noise;  // empty if the codec has no noise blocks
  std::array<CpuResidualUnit, kDilations.size()> units;
};

struct CpuCodebook {
  std::vector<float> codes;  // [codebook_size][codebook_dim]
  Matrix project;            // codebook_dim to latent_dim
};

struct CpuWeights {
  Config config;
  std::array<CpuCodebook, kNumCodebooks> codebooks;
  Depthwise depthwise_in;
  Matrix pointwise_in;
  std::vector<CpuBlock> blocks;
  Snake snake_out;
  ToMono to_mono;
};

// Errors: kBadFile (a tensor is missing, mis-shaped or not float32).
Result<CpuWeights> pack_cpu_weights(const tensor::GgufFile& file, const Config& config);

}  // namespace orpheus::snac
