#pragma once
// Files of sound as mono samples: WAV by our own reader, the others (FLAC, MP3, Ogg, AAC, M4A,
// AIFF) by FFmpeg's libraries where the build has them. Pure functions: may be called from any
// thread.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace orpheus::audio {

// Longer sounds are refused: a small file may unpack to hours of silence.
inline constexpr double kMostSeconds = 3600;
inline constexpr int kLeastFileRateHz = 1000;
inline constexpr int kMostFileRateHz = 768000;

struct Sound {
  int sample_rate_hz = 0;
  std::vector<float> samples;  // the mean of all channels; every one a number
};

// At the file's own rate. Errors, which begin with the name: kBadFile (no sound that is known, or
// none in it), kUnsupported (this build cannot read it), kLimit (longer than kMostSeconds).
Result<Sound> read_sound(std::span<const std::byte> bytes, const std::string& name);

// At this rate. Errors: those of read_sound; kUnsupported (another rate, and this build has no
// FFmpeg).
Result<std::vector<float>> read_samples(std::span<const std::byte> bytes, const std::string& name,
                                        int sample_rate_hz);

// The part of read_sound for all but WAV, in ffmpeg_reader.cpp or no_ffmpeg.cpp.
Result<Sound> read_compressed(std::span<const std::byte> bytes, const std::string& name);

// What both readers answer to a sound beyond kMostSeconds.
tl::unexpected<Error> too_long(const std::string& name);

}  // namespace orpheus::audio
