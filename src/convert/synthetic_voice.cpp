#include "convert/synthetic_voice.h"

#include <system_error>

#include "convert/synthetic_codec.h"
#include "convert/synthetic_language_model.h"

namespace orpheus::convert {
namespace {

CodecConfig codec_for(VoiceSize size) {
  CodecConfig config;
  if (size == VoiceSize::kTiny || size == VoiceSize::kSmall) {
    config.encoder_dim = 4;
    config.decoder_dim = 64;
  }
  return config;
}

}  // namespace

Result<void> write_synthetic_voice(const std::filesystem::path& folder, const VoiceOptions& options,
                                   const WriteProgress& progress) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail({.kind = error == std::errc::not_a_directory || error == std::errc::file_exists
                             ? ErrorKind::kUsage
                             : ErrorKind::kIo,
                 .what = folder.string() + ": the folder cannot be created: " + error.message(),
                 .remedy = "Choose a writable path."});
  }
  ORPHEUS_TRY(tensor::GgufWriter codec,
              write_synthetic_codec(folder / "codec.gguf", codec_for(options.size), options.seed));
  ORPHEUS_TRY(tensor::GgufWriter language_model,
              write_synthetic_language_model(folder / "lm.gguf", options, progress));
  ORPHEUS_CHECK(codec.commit());
  return language_model.commit();
}

}  // namespace orpheus::convert
