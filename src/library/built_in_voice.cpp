#include "library/built_in_voice.h"

#include <string>
#include <utility>

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
  auto written = convert::write_synthetic_voice(folder, {.size = convert::VoiceSize::kTiny});
  if (written) return files;
  Error error = std::move(written).error();
  error.remedy += (error.remedy.empty() ? "" : " ") +
                  std::string(
                      "XDG_DATA_HOME may name another place; a voice of your own (--model and "
                      "--codec) needs none.");
  return fail(std::move(error));
}

}  // namespace orpheus::library
