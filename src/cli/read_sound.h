#pragma once
// Reads a command's sound. For the main thread.

#include <string>
#include <vector>

#include "base/result.h"

namespace orpheus::cli {

// A sound file, or standard input for "-", as mono samples of this rate. Errors: those of
// MappedFile::open, read_input and audio::read_samples.
Result<std::vector<float>> read_sound(const std::string& path, int sample_rate_hz);

}  // namespace orpheus::cli
