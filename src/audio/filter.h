#pragma once
// Changes tempo or sample rate while samples arrive. One thread at a time.

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace orpheus::audio {

struct FilterOptions {
  int input_rate_hz = 24000;
  int output_rate_hz = 24000;
  double speed = 1.0;  // the pitch stays
};

// At speed 1, n samples give round(n · output_rate_hz / input_rate_hz) samples.
class Filter {
 public:
  virtual ~Filter() = default;
  // Filters the next samples and appends the output that is ready. Errors: kInternal.
  virtual Result<void> push(std::span<const float> samples, std::vector<float>& filtered) = 0;
  // Call after the last samples. Appends the remaining output. Errors: kInternal.
  virtual Result<void> finish(std::vector<float>& filtered) = 0;
};

// Errors: kUnsupported (this build has no FFmpeg), kInternal.
Result<std::unique_ptr<Filter>> open_filter(const FilterOptions& options);

}  // namespace orpheus::audio
