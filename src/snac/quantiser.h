#pragma once
// Turns the encoder's latents into codes. May be called from any thread.

#include <vector>

#include "codes/frame.h"
#include "snac/encoder_weights.h"

namespace orpheus::snac {

// Appends the codes of num_frames whole frames. For each codebook in turn it averages the residual
// over the codebook's stride, takes the nearest code, and subtracts that code's vector. latents are
// [stride, 4 · num_frames]; their values are overwritten.
void quantise(const EncoderWeights& weights, float* latents, int stride, int num_frames,
              std::vector<codes::Frame>& frames);

}  // namespace orpheus::snac
