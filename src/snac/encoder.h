#pragma once
// A loaded encoder of a codec: turns samples into codes, with the CPU kernels. Immutable: may be
// used from any thread.

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
  // Called with the number of encoded frames; false ends the encoding.
  using Progress = std::function<bool(size_t num_frames)>;

  // Errors: those of GgufFile::open, read_config and pack_encoder_weights.
  static Result<std::unique_ptr<Encoder>> open(const std::filesystem::path& path);

  const Config& config() const { return weights_->config; }

  // Encodes mono samples at config().sample_rate_hz. Silence completes the last frame. Working
  // memory: some frames. Errors: kUsage (no samples, or one that is not a number),
  // kCancelled.
  Result<std::vector<codes::Frame>> encode(std::span<const float> samples,
                                           const Progress& progress = {}) const;

 private:
  explicit Encoder(EncoderWeights weights);
  const std::shared_ptr<const EncoderWeights> weights_;
};

}  // namespace orpheus::snac
