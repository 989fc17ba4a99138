#pragma once
// Decodes whole clips on several threads. Each thread decodes some of the frames, with the context
// on both sides that its samples depend on, so the samples are bit for bit those of one stream.

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/cpu_weights.h"
#include "snac/noise.h"

namespace orpheus::snac {

// Calls noise from several threads at once. Uses fewer threads if parts would be mostly
// context. Errors: kUsage (a code is not in the codebook).
Result<std::vector<float>> decode_on_threads(const std::shared_ptr<const CpuWeights>& weights,
                                             std::span<const codes::Frame> frames,
                                             const NoiseSource& noise, int num_threads);

}  // namespace orpheus::snac
