#pragma once
// Where a command's samples go: a WAV, raw 16-bit or raw float file that appears when it is whole,
// standard output as they come, or a player. One thread at a time for each writer.

#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace orpheus::cli {

class SampleWriter {
 public:
  virtual ~SampleWriter() = default;
  // Errors: kIo.
  virtual Result<void> write(std::span<const float> samples) = 0;
  // After the last samples. Without it nothing is left behind. Errors: kIo.
  virtual Result<void> finish() = 0;
};

// A file by its ending (.wav, .pcm or .raw for 16-bit, .f32 for floats), or "-": a streamed WAV on
// standard output. Errors: kUnsupported (another ending), those of AtomicFile::create.
Result<std::unique_ptr<SampleWriter>> open_sample_writer(const std::string& output);

// A program of this machine that plays a WAV from its standard input. Errors: kUnavailable (none is
// installed, and what to do then).
Result<std::unique_ptr<SampleWriter>> open_player();

}  // namespace orpheus::cli
