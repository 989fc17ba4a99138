#include "http/options.h"

#include <string>

#include "audio/encoder.h"

namespace orpheus::http {
namespace {

Result<void> at_least(const char* name, int value, int least) {
  if (value >= least) return {};
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string(name) + " is too small",
               .expected = "at least " + std::to_string(least),
               .found = std::to_string(value)});
}

}  // namespace

Result<void> check_options(const Options& options) {
  ORPHEUS_CHECK(at_least("max_speeches", options.max_speeches, 1));
  ORPHEUS_CHECK(at_least("max_waiting_speeches", options.max_waiting_speeches, 0));
  ORPHEUS_CHECK(at_least("max_connections", options.max_connections, 1));
  ORPHEUS_CHECK(at_least("max_tokens", options.max_tokens, 1));
  for (const audio::Format format : audio::all_formats())
    ORPHEUS_CHECK(audio::check_rate(format, options.sample_rate_hz));
  // Other rates than 24 kHz need FFmpeg's resampler.
  ORPHEUS_CHECK(audio::open_encoder(
      {.format = audio::Format::kPcm, .output_rate_hz = options.sample_rate_hz}));
  return {};
}

}  // namespace orpheus::http
