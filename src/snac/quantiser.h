#pragma once
// From the encoder's latents to codes. May be called from any thread.

#include <vector>

#include "codes/frame.h"
#include "snac/encoder_weights.h"

namespace orpheus::snac {

// Codes of whole frames: for each codebook in turn the nearest code to the residual's average over
// its stride, which is then taken off. latents are [stride, 4 · num_frames], and are left changed.
// Appends num_frames frames.
void quantise(const EncoderWeights& weights, float* latents, int stride, int num_frames,
              std::vector<codes::Frame>& frames);

}  // namespace orpheus::snac
