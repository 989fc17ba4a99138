#pragma once
// Writes a command's samples: to a file (encoded, raw 16-bit or raw float) that appears when it is
// complete, to standard output while they are made, or to a player. One thread at a time for each
// writer.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace orpheus::cli {

struct Sound {
  double speed = 1.0;                 // of the tempo; the pitch stays
  std::optional<int> sample_rate_hz;  // nothing: see audio::EncoderOptions
};

class SampleWriter {
 public:
  virtual ~SampleWriter() = default;
  // Errors: kIo, kUnavailable (the player gave up).
  virtual Result<void> write(std::span<const float> samples) = 0;
  // Call after the last samples. Without it no file appears. Errors: as write().
  virtual Result<void> finish() = 0;
};

// A file in the format of its ending, in any case (.mp3, .opus or .ogg, .aac, .flac, .wav, .pcm or
// .raw for 16-bit, .ulaw, .alaw, .f32 for floats), or "-": a streamed WAV on standard output.
// Errors: kUnsupported (another ending, or one that this build cannot encode), kUsage (a speed or a
// rate for floats; see audio::open_encoder), those of AtomicFile::create.
Result<std::unique_ptr<SampleWriter>> open_sample_writer(const std::string& output,
                                                         const Sound& sound = {});

// Plays through a program that reads a WAV from standard input. Errors: kUnavailable (none is
// installed; with a remedy).
Result<std::unique_ptr<SampleWriter>> open_player(const Sound& sound = {});

}  // namespace orpheus::cli
