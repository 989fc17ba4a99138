#pragma once
// A loaded decoder of a codec. Safe for concurrent use. Its streams share the weights, each pass
// over the largest weights and, on a GPU, the device.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/config.h"
#include "snac/listener.h"
#include "snac/noise.h"
#include "snac/options.h"
#include "snac/stream.h"
#include "tensor/device.h"

namespace orpheus::snac {

// The most memory that decoding needs in addition to the weights.
inline constexpr size_t kGraphBytes = 256U << 20U;  // on a GPU
inline constexpr size_t kStreamBytes = 48U << 20U;  // on a CPU

class Decoder {
 public:
  // Errors: those of GgufFile::open and read_config; kBadFile (a tensor is missing or mis-shaped);
  // kLimit (it does not fit the device).
  static Result<std::unique_ptr<Decoder>> open(const std::filesystem::path& path,
                                               std::shared_ptr<const tensor::Device> device,
                                               const Options& options = {});
  virtual ~Decoder() = default;

  virtual const Config& config() const = 0;
  // The decoder must outlive its streams. Options::first_context_frames sets when sound begins.
  virtual std::unique_ptr<Stream> stream(NoiseSource noise) = 0;
  // A stream that is heard while it is made. On a GPU it does not wait for the device, see Stream.
  virtual std::unique_ptr<Stream> stream_for(const std::shared_ptr<const Listener>& /*listener*/,
                                             NoiseSource noise) {
    return stream(std::move(noise));
  }

  // Decodes all frames at once, on Options::num_threads threads. The samples are exactly those of a
  // stream. Errors: those of Stream::push.
  virtual Result<std::vector<float>> decode(std::span<const codes::Frame> frames,
                                            NoiseSource noise);

  // How much its streams computed at once, in the text format of Prometheus; may be empty.
  virtual std::string metrics() const { return {}; }
};

}  // namespace orpheus::snac
