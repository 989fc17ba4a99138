#include "library/remote_synthesiser.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lm/llama/config.h"
#include "lm/remote/remote.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "snac/decoder.h"
#include "speech/pipeline.h"
#include "tensor/device_chain.h"
#include "tensor/gguf_file.h"

namespace orpheus::library {
namespace {

// What a GGUF knows of a voice besides its weights.
struct Knowledge {
  std::optional<prompt::Tokenizer> tokenizer;
  prompt::TokenLayout layout;  // stock, unless a file says otherwise
  std::vector<std::string> voices;
  std::string name = "orpheus";
  bool is_synthetic = false;
};

Result<Knowledge> read_knowledge(const std::filesystem::path& path) {
  Knowledge known;
  if (path.empty()) return known;
  ORPHEUS_TRY(const tensor::GgufFile file, tensor::GgufFile::open(path));
  ORPHEUS_TRY(const prompt::Vocabulary vocabulary, llama::read_vocabulary(file));
  ORPHEUS_TRY(known.layout,
              llama::read_token_layout(file, static_cast<int>(vocabulary.tokens.size())));
  ORPHEUS_TRY(known.tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(known.voices, llama::read_voice_names(file));
  if (file.has("general.name")) {
    ORPHEUS_TRY(known.name, file.string("general.name"));
  }
  if (file.has("orpheus.synthetic")) {
    ORPHEUS_TRY(known.is_synthetic, file.boolean("orpheus.synthetic"));
  }
  return known;
}

std::vector<prompt::Voice> voices_of(const Knowledge& known, const Options& options) {
  const auto published = prompt::published_voices();
  std::vector<prompt::Voice> voices(published.begin(), published.end());
  if (!known.voices.empty()) voices = prompt::voices_named(known.voices);
  for (prompt::Voice& voice : prompt::voices_named(options.added_voices)) {
    const bool there = std::any_of(voices.begin(), voices.end(),
                                   [&](const auto& other) { return other.name == voice.name; });
    if (!there) voices.push_back(std::move(voice));
  }
  return voices;
}

}  // namespace

Result<std::unique_ptr<speech::Synthesiser>> open_remote_synthesiser(const Options& options) {
  if (options.codec.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the language model is elsewhere, but its sound is made here",
                 .expected = "--codec SNAC.gguf",
                 .remedy = "'orpheus convert codec' makes a codec of SNAC's checkpoint."});
  }
  ORPHEUS_TRY(Knowledge known, read_knowledge(options.model));
  ORPHEUS_TRY(auto language_model, remote::Remote::open(options.remote, known.layout));
  tensor::DeviceOptions codec_options = options.device;
  codec_options.name = options.codec_device.empty() ? tensor::first_device_name(options.device.name)
                                                    : options.codec_device;
  codec_options.num_threads = 1;
  ORPHEUS_TRY(auto codec_device, tensor::Device::open(codec_options));
  ORPHEUS_TRY(auto decoder, snac::Decoder::open(options.codec, std::move(codec_device),
                                                options.codec_arithmetic));
  if (decoder->config().codebook_size < known.layout.codebook_size) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = "the model and the codec do not belong together",
         .expected = "a codec with " + std::to_string(known.layout.codebook_size) + " codes",
         .found = std::to_string(decoder->config().codebook_size)});
  }
  auto voices = voices_of(known, options);
  speech::Parts parts{
      .language_model = std::move(language_model),
      .tokenizer = std::move(known.tokenizer),
      .layout = known.layout,
      .voices = std::move(voices),
      .model_name = options.remote.model.empty() ? known.name : options.remote.model,
      .ending = known.is_synthetic ? speech::Ending::kAfterSpeakingTime : speech::Ending::kByItself,
      .decoder = std::move(decoder),
  };
  return std::make_unique<speech::Pipeline>(std::move(parts), options.speech);
}

}  // namespace orpheus::library
