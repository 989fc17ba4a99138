#pragma once
// Encodes samples in a format while they are made. The delay is at most a tenth of a second
// (opus and flac; the others less), so a client can play the speech while it is generated. A
// file that is cut anywhere decodes up to the cut. An Encoder belongs to one thread at a
// time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/format.h"
#include "base/result.h"

namespace orpheus::audio {

inline constexpr double kLeastSpeed = 0.25;
inline constexpr double kMostSpeed = 4.0;

// Where the bytes go.
enum class Output {
  kStream,  // they are gone as they come: what a header cannot know yet, it leaves open
  kFile,    // it is known whole: Encoder::patches() completes its headers
};

// Bytes for the place of those that begin there.
struct Patch {
  uint64_t offset;
  std::vector<std::byte> bytes;
};

struct EncoderOptions {
  Format format = Format::kWav;
  int input_rate_hz = 24000;
  // The rate of the output, which check_rate() accepts. Nothing: 8000 for ulaw and alaw, else the
  // rate of the input.
  std::optional<int> output_rate_hz;
  double speed = 1.0;  // of the tempo, kLeastSpeed … kMostSpeed; the pitch stays
  Output output = Output::kStream;
};

inline constexpr int kLeastRateHz = 8000;
inline constexpr int kMostRateHz = 48000;

// The sample rates that every format supports, ascending.
std::span<const int> sample_rates_hz();

// wav, pcm, flac, ulaw and alaw take any rate from 8 to 48 kHz. opus has five rates and takes the
// next higher one. mp3 and aac take those of sample_rates_hz(). Errors: kUsage (another rate).
Result<void> check_rate(Format format, int rate_hz);

// The rate of the encoded sound.
int encoded_rate_hz(const EncoderOptions& options);

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Encodes the next samples (mono, nominally −1 … 1; larger values are clamped, NaN is silence)
  // and appends the bytes that are ready. Errors: kInternal.
  virtual Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes) = 0;
  // Call after the last samples. Appends the remaining bytes. Errors: kInternal.
  virtual Result<void> finish(std::vector<std::byte>& bytes) = 0;
  // Corrections to a finished file: its length, a checksum, the samples to skip. Write them in this
  // order; a later one overwrites an earlier one.
  virtual std::vector<Patch> patches() const { return {}; }
};

// The first push also gives the format's headers. Errors: kUnsupported (this
// build lacks the format, speed or rate), kUsage (a speed or rate out of
// range).
Result<std::unique_ptr<Encoder>> open_encoder(const EncoderOptions& options);

}  // namespace orpheus::audio
