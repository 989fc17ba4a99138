#include "library/built_in_voice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/own_files.h"
#include "convert/synthetic_voice.h"

namespace orpheus::library {
namespace {

VoiceFiles files_in(const std::filesystem::path& folder) {
  return {.model = folder / "lm.gguf", .codec = folder / "codec.gguf"};
}

bool are_there(const VoiceFiles& files) {
  std::error_code ignored;
  return std::filesystem::exists(files.model, ignored) &&
         std::filesystem::exists(files.codec, ignored);
}

}  // namespace

std::vector<std::filesystem::path> places_of_installed_voices() {
  std::vector<std::filesystem::path> places;
  for (const std::filesystem::path& file : files_with_this_code()) {
    const std::filesystem::path folder = file.parent_path();
    for (const auto& place : {folder / "voices", folder.parent_path() / "share/orpheus/voices",
                              folder.parent_path().parent_path() / "share/orpheus/voices"}) {
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    }
  }
  return places;
}

std::optional<VoiceFiles> small_voice(std::span<const std::filesystem::path> places) {
  for (const std::filesystem::path& place : places) {
    const VoiceFiles files = files_in(place / "small");
    if (are_there(files)) return files;
  }
  return std::nullopt;
}

Result<VoiceFiles> synthetic_voice(const std::filesystem::path& data_folder) {
  const std::filesystem::path folder = data_folder / "voices" / "built-in";
  const VoiceFiles files = files_in(folder);
  if (are_there(files)) return files;
  log::info("creating the built-in voice in {}", folder.string());
  auto written = convert::write_synthetic_voice(folder, {.size = convert::VoiceSize::kTiny});
  if (written) return files;
  Error error = std::move(written).error();
  error.remedy +=
      (error.remedy.empty() ? "" : " ") +
      std::string(
          "Set XDG_DATA_HOME to another folder, or use a voice of your own (--model and "
          "--codec), which needs no such folder.");
  return fail(std::move(error));
}

}  // namespace orpheus::library
