#pragma once
// Samples to the bytes of a format, as they are made: what goes in comes out with at most a tenth
// of a second's delay (opus and flac; the others less), so that a listener hears the speech while
// it is spoken. Bytes that are cut off anywhere decode to what was whole before the cut. One
// Encoder belongs to one thread at a time.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "audio/format.h"
#include "base/result.h"

namespace orpheus::audio {

inline constexpr double kLeastSpeed = 0.25;
inline constexpr double kMostSpeed = 4.0;

struct EncoderOptions {
  Format format = Format::kWav;
  int input_rate_hz = 24000;
  // Of what comes out; one of sample_rates_hz(). opus knows five rates and takes the next higher
  // one.
  int output_rate_hz = 24000;
  double speed = 1.0;  // of the tempo, kLeastSpeed … kMostSpeed; the pitch stays
};

// The sample rates that every format can be asked for, ascending.
std::span<const int> sample_rates_hz();

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Takes the next samples, mono, nominally −1 … 1 (beyond is clamped, NaN is silence), and appends
  // the bytes that are ready. Errors: kInternal.
  virtual Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes) = 0;
  // After the last samples: appends what is left. Errors: kInternal.
  virtual Result<void> finish(std::vector<std::byte>& bytes) = 0;
};

// The headers of a format come with the first push.
// Errors: kUnsupported (a format, speed or rate that this build has not), kUsage (a speed or rate
// out of range).
Result<std::unique_ptr<Encoder>> open_encoder(const EncoderOptions& options);

}  // namespace orpheus::audio
