#pragma once
// Turns codes into the decoder's latents. One thread at a time.

#include <span>
#include <vector>

#include "codes/frame.h"
#include "snac/cpu_weights.h"
#include "snac/rows.h"

namespace orpheus::snac {

class Dequantiser {
 public:
  // The weights must outlive it.
  explicit Dequantiser(const CpuWeights& weights);
  // Appends to latents four rows for each frame, [latent_dim, n_latents]: the sum of the projected
  // vectors of its codes, repeated by the strides of the codebooks. Precondition: valid codes.
  void append(std::span<const codes::Frame> frames, Rows& latents);

 private:
  const CpuWeights& weights_;
  std::vector<float> vector_;  // [latent_dim]: a code's vector, projected
};

}  // namespace orpheus::snac
