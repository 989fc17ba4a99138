#pragma once
// Reads a WAV's bytes as samples: integers of 8, 16, 24 or 32 bits and floats of 32 or 64 bits, any
// number of channels. A pure function.

#include <cstddef>
#include <span>
#include <string>

#include "audio/read_sound.h"

namespace orpheus::audio {

// Whether the bytes begin as a WAV does.
bool is_wav(std::span<const std::byte> bytes);

// A file that was cut, or that has no length in its header, gives the samples that are there.
// Errors begin with the name: kBadFile, kUnsupported (a compressed WAV), kLimit.
Result<Sound> read_wav(std::span<const std::byte> bytes, const std::string& name);

}  // namespace orpheus::audio
