#pragma once
// Reads sound files as mono samples: WAV by our own reader, other formats (FLAC, MP3, Ogg, AAC,
// M4A, AIFF) by FFmpeg's libraries if the build has them. Pure functions: may be called from any
// thread.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace orpheus::audio {

// Longer sounds are refused, because a small file may decode to hours of silence.
inline constexpr double kMostSeconds = 3600;
inline constexpr int kLeastFileRateHz = 1000;
inline constexpr int kMostFileRateHz = 768000;

struct Sound {
  int sample_rate_hz = 0;
  std::vector<float> samples;  // the mean of all channels; all finite
};

// Reads at the file's own rate. Errors begin with the name: kBadFile (an unknown format, or no
// sound in it), kUnsupported (this build cannot read it), kLimit (longer than kMostSeconds).
Result<Sound> read_sound(std::span<const std::byte> bytes, const std::string& name);

// Reads at this rate. Errors: those of read_sound; kUnsupported (the file has another rate and this
// build has no FFmpeg).
Result<std::vector<float>> read_samples(std::span<const std::byte> bytes, const std::string& name,
                                        int sample_rate_hz);

// read_sound for all formats but WAV; in ffmpeg_reader.cpp or no_ffmpeg.cpp.
Result<Sound> read_compressed(std::span<const std::byte> bytes, const std::string& name);

// The error of both readers for a sound longer than kMostSeconds.
tl::unexpected<Error> too_long(const std::string& name);

}  // namespace orpheus::audio
