#pragma once
// A codec's encoder, loaded: samples to codes, by the processor's kernels. Immutable: may be used
// from any thread.

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/encoder_weights.h"

namespace orpheus::snac {

class Encoder {
 public:
  // Hears how many frames are done; false ends the encoding.
  using Progress = std::function<bool(size_t num_frames)>;

  // Errors: those of GgufFile::open, read_config and pack_encoder_weights.
  static Result<std::unique_ptr<Encoder>> open(const std::filesystem::path& path);

  const Config& config() const { return weights_->config; }

  // The frames of mono samples at config().sample_rate_hz; silence fills the last one up. Beside
  // the result it takes the memory of some frames. Errors: kUsage (no samples, or one that is not a
  // number), kCancelled.
  Result<std::vector<codes::Frame>> encode(std::span<const float> samples,
                                           const Progress& progress = {}) const;

 private:
  explicit Encoder(EncoderWeights weights);
  const std::shared_ptr<const EncoderWeights> weights_;
};

}  // namespace orpheus::snac
