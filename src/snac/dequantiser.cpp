#include "snac/dequantiser.h"

#include <array>
#include <cstddef>

#include "snac/product.h"

namespace orpheus::snac {

Dequantiser::Dequantiser(const CpuWeights& weights)
    : weights_(weights), vector_(static_cast<size_t>(padded(weights.config.latent_dim))) {}

void Dequantiser::append(std::span<const codes::Frame> frames, Rows& latents) {
  const codes::CodeRows codes = codes::rows_of(frames);
  const std::array<std::span<const int32_t>, kNumCodebooks> rows = {codes.c0, codes.c1, codes.c2};
  const int stride = latents.stride();
  float* first_latent = latents.append(static_cast<int>(frames.size()) * kLatentsPerFrame);
  for (size_t k = 0; k < rows.size(); ++k) {
    const CpuCodebook& codebook = weights_.codebooks[k];
    const int dim = codebook.project.num_inputs();
    for (size_t i = 0; i < rows[k].size(); ++i) {
      const float* code = codebook.codes.data() + static_cast<ptrdiff_t>(rows[k][i]) * dim;
      codebook.project.multiply(code, dim, 1, vector_.data(), stride);
      for (int repeat = 0; repeat < kVqStrides[k]; ++repeat) {
        float* latent =
            first_latent + (static_cast<ptrdiff_t>(i) * kVqStrides[k] + repeat) * stride;
        for (int c = 0; c < stride; ++c) {
          const auto value = vector_[static_cast<size_t>(c)];
          latent[c] = k == 0 ? value : latent[c] + value;
        }
      }
    }
  }
}

}  // namespace orpheus::snac
