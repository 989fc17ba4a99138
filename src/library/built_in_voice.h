#pragma once
// The voice that is there before any other is installed: made of random weights, it babbles, and
// shows that everything works.

#include <filesystem>

#include "base/result.h"

namespace orpheus::library {

struct VoiceFiles {
  std::filesystem::path model;
  std::filesystem::path codec;
};

// Writes the voice below data_folder unless it is there already (a second or so, some 20 MB). Safe
// from every thread; processes that do so at once end with the same files. Errors: kIo, kUsage (the
// folder cannot be made).
Result<VoiceFiles> built_in_voice(const std::filesystem::path& data_folder);

}  // namespace orpheus::library
