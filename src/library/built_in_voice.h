#pragma once
// The voice that is used if no model is chosen: the small voice that comes with the program, if
// it is installed; else a voice of random weights, which babbles and shows that everything
// works.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "library/voice_files.h"

namespace orpheus::library {

// The folders that may hold the voices of this program or library: voices/ beside it (after a
// build) and ../share/orpheus/voices/ (after an installation).
std::vector<std::filesystem::path> places_of_installed_voices();

// The small voice (small/lm.gguf and small/codec.gguf) from the first folder that has both files.
std::optional<VoiceFiles> small_voice(std::span<const std::filesystem::path> places);

// Writes the voice of random weights below data_folder unless it exists (in about a second, some 20
// MB). Safe from every thread, also if other processes do the same. Errors: kIo, kUsage (the folder
// cannot be created).
Result<VoiceFiles> synthetic_voice(const std::filesystem::path& data_folder);

}  // namespace orpheus::library
