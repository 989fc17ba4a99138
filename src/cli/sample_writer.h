#pragma once
// Where a command's samples go: an encoded, raw 16-bit or raw float file that appears when it is
// whole, standard output as they come, or a player. One thread at a time for each
// writer.

#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace orpheus::cli {

class SampleWriter {
 public:
  virtual ~SampleWriter() = default;
  // Errors: kIo, kUnavailable (the player gave up).
  virtual Result<void> write(std::span<const float> samples) = 0;
  // After the last samples. Without it nothing is left behind. Errors: as write().
  virtual Result<void> finish() = 0;
};

// A file by its ending, in any case (.mp3, .opus or .ogg, .aac, .flac, .wav, .pcm or .raw for
// 16-bit, .f32 for floats), or "-": a streamed WAV on standard output. Speed changes the tempo, not
// the pitch. Errors: kUnsupported (another ending, or one that this build cannot encode), kUsage
// (another speed for floats), those of AtomicFile::create.
Result<std::unique_ptr<SampleWriter>> open_sample_writer(const std::string& output,
                                                         double speed = 1.0);

// A program of this machine that plays a WAV from its standard input. Errors: kUnavailable (none is
// installed, and what to do then).
Result<std::unique_ptr<SampleWriter>> open_player(double speed = 1.0);

}  // namespace orpheus::cli
