#include "library/local_synthesiser.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "library/built_in_voice.h"
#include "library/remote_synthesiser.h"
#include "lm/engine/engine.h"
#include "lm/engine/replicas.h"
#include "lm/llama/config.h"
#include "lm/llama/model.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "snac/decoder.h"
#include "speech/pipeline.h"
#include "tensor/device.h"

namespace orpheus::library {
namespace {

Result<VoiceFiles> chosen_files(const Options& options) {
  if (options.model.empty() && options.codec.empty()) return built_in_voice(options.data_folder);
  if (options.model.empty() || options.codec.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = options.codec.empty() ? "a model is given without a codec"
                                               : "a codec is given without a model",
                 .expected = "both --model LM.gguf and --codec SNAC.gguf, or neither",
                 .remedy = options.codec.empty()
                               ? "'orpheus convert codec' makes a codec of SNAC's checkpoint."
                               : ""});
  }
  return VoiceFiles{.model = options.model, .codec = options.codec};
}

Result<std::vector<prompt::Voice>> voices_of(const llama::Model& model) {
  ORPHEUS_TRY(const auto names, llama::read_voice_names(model.file()));
  if (!names.empty()) return prompt::voices_named(names);
  const auto published = prompt::published_voices();
  return std::vector<prompt::Voice>(published.begin(), published.end());
}

// "CUDA0,CUDA1": each computes a replica of the language model.
std::vector<std::string> device_names(const std::string& list) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// The model as the first device has it serves every device of the same name; others load their own.
Result<std::unique_ptr<lm::LanguageModel>> start_engines(
    const Options& options, const std::vector<std::string>& names,
    const std::filesystem::path& file, const std::shared_ptr<const llama::Model>& first_model,
    std::unique_ptr<tensor::Device> first_device) {
  std::map<std::string, std::shared_ptr<const llama::Model>> models;
  models[names.front()] = first_model;
  std::vector<std::unique_ptr<engine::Engine>> engines;
  for (const std::string& name : names) {
    std::unique_ptr<tensor::Device> device = std::move(first_device);
    if (!device) {
      tensor::DeviceOptions device_options = options.device;
      device_options.name = name;
      ORPHEUS_TRY(device, tensor::Device::open(device_options));
    }
    auto& model = models[name];
    if (!model) {
      ORPHEUS_TRY(model, llama::Model::load(file, *device));
    }
    ORPHEUS_TRY(auto engine, engine::Engine::start(model, std::move(device), options.engine));
    engines.push_back(std::move(engine));
  }
  if (engines.size() == 1) return std::move(engines.front());
  return std::make_unique<engine::Replicas>(std::move(engines));
}

// Behind those there are, so that the default stays.
void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices) {
  for (prompt::Voice& voice : prompt::voices_named(names)) {
    const bool known = std::any_of(voices.begin(), voices.end(),
                                   [&](const auto& other) { return other.name == voice.name; });
    if (!known) voices.push_back(std::move(voice));
  }
}

}  // namespace

Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(const Options& options) {
  if (!options.remote.urls.empty()) return open_remote_synthesiser(options);
  ORPHEUS_TRY(const VoiceFiles files, chosen_files(options));
  const std::vector<std::string> names = device_names(options.device.name);
  tensor::DeviceOptions first_device = options.device;
  first_device.name = names.front();
  ORPHEUS_TRY(auto model_device, tensor::Device::open(first_device));
  ORPHEUS_TRY(auto codec_device, tensor::Device::open({.name = names.front(), .num_threads = 1}));
  log::debug("loading {} and {} on {} ({})", files.model.string(), files.codec.string(),
             model_device->info().name, model_device->info().description);
  ORPHEUS_TRY(const auto model, llama::Model::load(files.model, *model_device));
  ORPHEUS_TRY(auto decoder,
              snac::Decoder::open(files.codec, std::move(codec_device), options.codec_arithmetic));
  if (decoder->config().codebook_size < model->layout().codebook_size) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = "the model and the codec do not belong together",
         .expected = "a codec with " + std::to_string(model->layout().codebook_size) + " codes",
         .found = std::to_string(decoder->config().codebook_size)});
  }
  ORPHEUS_TRY(const prompt::Vocabulary vocabulary, llama::read_vocabulary(model->file()));
  ORPHEUS_TRY(auto tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(auto voices, voices_of(*model));
  add_voices(options.added_voices, voices);
  if (model->is_synthetic()) {
    log::warn(
        "'{}' is a synthetic voice of random weights: it babbles. Give a trained one with --model "
        "and --codec.",
        model->name());
  }
  ORPHEUS_TRY(auto language_model,
              start_engines(options, names, files.model, model, std::move(model_device)));
  speech::Parts parts{
      .language_model = std::move(language_model),
      .tokenizer = std::move(tokenizer),
      .layout = model->layout(),
      .voices = std::move(voices),
      .model_name = model->name(),
      .ending =
          model->is_synthetic() ? speech::Ending::kAfterSpeakingTime : speech::Ending::kByItself,
      .decoder = std::move(decoder),
  };
  return std::make_unique<speech::Pipeline>(std::move(parts), options.speech);
}

}  // namespace orpheus::library
