#pragma once
// The voice that is there before any other is given: the small one that comes with the program,
// where it was installed, else one of random weights, which babbles and shows that everything
// works.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "library/voice_files.h"

namespace orpheus::library {

// Where voices lie that came with this program or library: beside it, as the build leaves them
// (voices/), and as they are installed (../share/orpheus/voices/).
std::vector<std::filesystem::path> places_of_installed_voices();

// The small voice (small/lm.gguf and small/codec.gguf) in the first place that has it whole.
std::optional<VoiceFiles> small_voice(std::span<const std::filesystem::path> places);

// Writes the voice of random weights below data_folder unless it is there already (a second or so,
// some 20 MB). Safe from every thread; processes that do so at once end with the same files.
// Errors: kIo, kUsage (the folder cannot be made).
Result<VoiceFiles> synthetic_voice(const std::filesystem::path& data_folder);

}  // namespace orpheus::library
