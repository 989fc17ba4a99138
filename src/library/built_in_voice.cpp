#include "library/built_in_voice.h"

#include "base/log.h"
#include "convert/synthetic_voice.h"

namespace orpheus::library {

Result<VoiceFiles> built_in_voice(const std::filesystem::path& data_folder) {
  const std::filesystem::path folder = data_folder / "voices" / "built-in";
  const VoiceFiles files = {.model = folder / "lm.gguf", .codec = folder / "codec.gguf"};
  std::error_code ignored;
  if (std::filesystem::exists(files.model, ignored) &&
      std::filesystem::exists(files.codec, ignored))
    return files;
  log::info("making the built-in voice in {}", folder.string());
  ORPHEUS_CHECK(convert::write_synthetic_voice(folder, {.size = convert::VoiceSize::kTiny}));
  return files;
}

}  // namespace orpheus::library
