#include "http/options.h"

#include "audio/encoder.h"

namespace orpheus::http {

Result<void> check_options(const Options& options) {
  // Another rate takes FFmpeg's resampler; the encoder knows which rates there are.
  ORPHEUS_CHECK(audio::open_encoder(
      {.format = audio::Format::kPcm, .output_rate_hz = options.sample_rate_hz}));
  return {};
}

}  // namespace orpheus::http
