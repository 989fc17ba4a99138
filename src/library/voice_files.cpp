#include "library/voice_files.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "base/private_folder.h"
#include "library/built_in_voice.h"

namespace orpheus::library {

Result<VoiceFiles> voice_files(const Options& options) {
  const bool is_elsewhere = !options.remote.urls.empty();
  if (options.model.empty() && options.codec.empty() && !is_elsewhere) {
    if (auto files = small_voice(places_of_installed_voices())) return *files;
    if (options.data_folder_is_temporary) ORPHEUS_CHECK(make_private_folder(options.data_folder));
    return synthetic_voice(options.data_folder);
  }
  std::error_code none;
  if (options.codec.empty() && !options.model.empty() &&
      !std::filesystem::exists(options.model, none)) {
    return fail({.kind = ErrorKind::kNotFound,
                 .what = options.model.string() + ": there is no such file or installed voice",
                 .remedy = "Check the path; 'orpheus models' lists the names of voices."});
  }
  if (options.codec.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = is_elsewhere ? "the language model is remote, but no codec is set"
                                      : "--model is set without --codec",
                 .expected = is_elsewhere
                                 ? "--codec SNAC.gguf"
                                 : "both --model LM.gguf and --codec SNAC.gguf, or neither",
                 .remedy = "'orpheus pull snac' downloads a codec; 'orpheus convert codec' creates "
                           "one from SNAC's checkpoint."});
  }
  if (options.model.empty() && !is_elsewhere) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "--codec is set without --model",
                 .expected = "both --model LM.gguf and --codec SNAC.gguf, or neither"});
  }
  return VoiceFiles{.model = options.model, .codec = options.codec};
}

Result<void> check_codec_of(const prompt::TokenLayout& layout, const snac::Config& codec) {
  if (codec.codebook_size >= layout.codebook_size) return {};
  return fail({.kind = ErrorKind::kBadFile,
               .what = "the model and the codec do not belong together",
               .expected = "a codec with " + std::to_string(layout.codebook_size) + " codes",
               .found = std::to_string(codec.codebook_size),
               .remedy = "Released voices use the codec converted from hubertsiuzdak/snac_24khz."});
}

}  // namespace orpheus::library
