#pragma once
// Another tempo or another sample rate, sample by sample as they come. One thread at a time.

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

class Filter {
 public:
  virtual ~Filter() = default;
  // Appends what is ready. Errors: kInternal.
  virtual Result<void> push(std::span<const float> samples, std::vector<float>& filtered) = 0;
  // After the last samples. Errors: kInternal.
  virtual Result<void> finish(std::vector<float>& filtered) = 0;
};

// Errors: kUnsupported (this build has no FFmpeg), kInternal.
Result<std::unique_ptr<Filter>> open_filter(const FilterOptions& options);

}  // namespace orpheus::audio
