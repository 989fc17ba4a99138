#include "library/local_synthesiser.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"
#include "library/remote_synthesiser.h"
#include "lm/engine/engine.h"
#include "lm/engine/replicas.h"
#include "lm/llama/config.h"
#include "lm/llama/model.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "snac/decoder.h"
#include "speech/ensemble.h"
#include "speech/pipeline.h"
#include "tensor/device_chain.h"

namespace orpheus::library {
namespace {

// The small voice that came with the program, else one of random weights.
Result<VoiceFiles> built_in_voice(const Options& options) {
  if (auto files = small_voice(places_of_installed_voices())) return *files;
  return synthetic_voice(options.data_folder);
}

// Those that the file lists. A stock file lists none: alone it may be any checkpoint, and has the
// names of all; beside others its name says its languages.
Result<std::vector<prompt::Voice>> voices_of(const llama::Model& model,
                                             const std::filesystem::path& file, bool is_alone) {
  ORPHEUS_TRY(const auto names, llama::read_voice_names(model.file()));
  if (!names.empty()) {
    ORPHEUS_TRY(const std::string language, llama::read_language(model.file()));
    return prompt::voices_named(names, language);
  }
  if (!is_alone) return prompt::voices_of_checkpoint(file.filename().string());
  const auto published = prompt::published_voices();
  return std::vector<prompt::Voice>(published.begin(), published.end());
}

Result<tensor::DeviceChain> open_devices(const Options& options, const std::string& replica) {
  tensor::DeviceOptions device_options = options.device;
  device_options.name = replica;
  return tensor::DeviceChain::open(device_options);
}

// What is kept free for the codec, which is loaded behind the model.
size_t bytes_of_codec(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file, ignored);
  return snac::kGraphBytes + (ignored ? 0 : static_cast<size_t>(size));
}

// How many of the replicas take memory of one of that replica's devices.
size_t num_beside(const std::vector<std::string>& names, const std::string& replica) {
  size_t most = 1;
  for (const std::string& device : tensor::device_names(replica)) {
    const auto count = std::count_if(names.begin(), names.end(), [&](const std::string& other) {
      const auto devices = tensor::device_names(other);
      return std::find(devices.begin(), devices.end(), device) != devices.end();
    });
    most = std::max(most, static_cast<size_t>(count));
  }
  return most;
}

// The model as the first replica has it serves every replica of the same name; others load their
// own.
Result<std::unique_ptr<lm::LanguageModel>> start_engines(
    const Options& options, const std::vector<std::string>& names,
    const std::filesystem::path& file, const std::shared_ptr<const llama::Model>& first_model,
    tensor::DeviceChain first_devices) {
  std::map<std::string, std::shared_ptr<const llama::Model>> models;
  models[names.front()] = first_model;
  std::vector<std::unique_ptr<engine::Engine>> engines;
  for (const std::string& name : names) {
    std::optional<tensor::DeviceChain> devices;
    if (engines.empty()) {
      devices = std::move(first_devices);
    } else {
      ORPHEUS_TRY(devices, open_devices(options, name));
    }
    auto& model = models[name];
    if (!model) {
      ORPHEUS_TRY(model, llama::Model::load(file, *devices));
    }
    engine::Options engine_options = options.engine;
    engine_options.num_beside =
        static_cast<int>(num_beside(names, name) * (1 + options.more_models.size()));
    ORPHEUS_TRY(auto engine, engine::Engine::start(model, std::move(*devices), engine_options));
    engines.push_back(std::move(engine));
  }
  if (engines.size() == 1) return std::move(engines.front());
  return std::make_unique<engine::Replicas>(std::move(engines));
}

// Says once what nobody chose.
void announce(const llama::Model& model, bool nobody_chose) {
  if (model.is_synthetic()) {
    log::warn(
        "'{}' is a synthetic voice of random weights: it babbles. 'orpheus pull english' fetches a "
        "trained one (2.4 GB); --model and --codec choose one that is there.",
        model.name());
  } else if (nobody_chose) {
    log::warn(
        "speaking with '{}', the small voice that comes with the program. 'orpheus pull english' "
        "fetches a large one (2.4 GB), which sounds better; --model and --codec choose one that is "
        "there.",
        model.name());
  }
}

// Behind those there are, so that the default stays.
void add_voices(const std::vector<std::string>& names, std::vector<prompt::Voice>& voices) {
  for (prompt::Voice& voice : prompt::voices_named(names)) {
    const bool known = std::any_of(voices.begin(), voices.end(),
                                   [&](const auto& other) { return other.name == voice.name; });
    if (!known) voices.push_back(std::move(voice));
  }
}

struct LoadedModel {
  std::filesystem::path file;
  tensor::DeviceChain devices;  // of its first replica
  std::shared_ptr<const llama::Model> model;
};

Result<LoadedModel> load_model(const Options& options, const std::filesystem::path& file,
                               const std::string& replica, size_t codec_bytes,
                               const tensor::LoadProgress& progress) {
  ORPHEUS_TRY(auto devices, open_devices(options, replica));
  LoadedModel loaded{.file = file, .devices = std::move(devices), .model = nullptr};
  log::debug("loading {} on {} ({})", file.string(), loaded.devices.name(),
             loaded.devices.description());
  const auto begin = std::chrono::steady_clock::now();
  ORPHEUS_TRY(loaded.model, llama::Model::load(file, loaded.devices, progress, codec_bytes));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  log::info("{} took {:.1f} s to load", file.string(), seconds.count());
  announce(*loaded.model, options.model.empty());
  return loaded;
}

Result<void> check_codec(const snac::Decoder& decoder, const llama::Model& model) {
  if (decoder.config().codebook_size >= model.layout().codebook_size) return {};
  return fail(
      {.kind = ErrorKind::kBadFile,
       .what = "the model and the codec do not belong together",
       .expected = "a codec with " + std::to_string(model.layout().codebook_size) + " codes",
       .found = std::to_string(decoder.config().codebook_size)});
}

Result<std::unique_ptr<speech::Synthesiser>> pipeline_of(
    LoadedModel loaded, const Options& options, const std::vector<std::string>& names,
    const std::shared_ptr<snac::Decoder>& decoder) {
  const auto& model = loaded.model;
  ORPHEUS_CHECK(check_codec(*decoder, *model));
  ORPHEUS_TRY(const prompt::Vocabulary vocabulary, llama::read_vocabulary(model->file()));
  ORPHEUS_TRY(auto tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(auto voices, voices_of(*model, loaded.file, options.more_models.empty()));
  // Those that somebody added belong to the first model.
  if (loaded.file == options.model || options.model.empty())
    add_voices(options.added_voices, voices);
  ORPHEUS_TRY(const int max_words, llama::read_max_words(model->file()));
  ORPHEUS_TRY(const bool speaks_tags, llama::read_speaks_tags(model->file()));
  std::string device_name = loaded.devices.description();
  ORPHEUS_TRY(auto language_model,
              start_engines(options, names, loaded.file, model, std::move(loaded.devices)));
  speech::Parts parts{
      .language_model = std::move(language_model),
      .tokenizer = std::move(tokenizer),
      .layout = model->layout(),
      .voices = std::move(voices),
      .model_name = model->name(),
      .device_name = std::move(device_name),
      .ending =
          model->is_synthetic() ? speech::Ending::kAfterSpeakingTime : speech::Ending::kByItself,
      .max_piece_words = static_cast<size_t>(max_words),
      .speaks_tags = speaks_tags,
      .decoder = decoder,
  };
  return std::make_unique<speech::Pipeline>(std::move(parts), options.speech);
}

}  // namespace

Result<VoiceFiles> voice_files(const Options& options) {
  if (options.model.empty() && options.codec.empty()) return built_in_voice(options);
  if (options.model.empty() || options.codec.empty()) {
    return fail(
        {.kind = ErrorKind::kUsage,
         .what = options.codec.empty() ? "a model is given without a codec"
                                       : "a codec is given without a model",
         .expected = "both --model LM.gguf and --codec SNAC.gguf, or neither",
         .remedy = options.codec.empty()
                       ? "'orpheus pull snac' fetches a codec; 'orpheus convert codec' makes one "
                         "of SNAC's checkpoint."
                       : ""});
  }
  return VoiceFiles{.model = options.model, .codec = options.codec};
}

Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(
    const Options& options, const tensor::LoadProgress& progress) {
  if (!options.remote.urls.empty()) return open_remote_synthesiser(options);
  ORPHEUS_TRY(const VoiceFiles files, voice_files(options));
  const std::vector<std::string> names = tensor::replica_names(options.device.name);
  const std::string first_device = tensor::first_device_name(options.device.name);
  const std::string codec_name = options.codec_device.empty() ? first_device : options.codec_device;
  const size_t codec_bytes = codec_name == first_device ? bytes_of_codec(files.codec) : 0;
  std::vector<LoadedModel> models;
  ORPHEUS_TRY(auto first, load_model(options, files.model, names.front(), codec_bytes, progress));
  models.push_back(std::move(first));
  for (const std::string& file : options.more_models) {
    ORPHEUS_TRY(auto next, load_model(options, file, names.front(), codec_bytes, progress));
    models.push_back(std::move(next));
  }
  tensor::DeviceOptions codec_options = options.device;
  codec_options.name = codec_name;
  codec_options.num_threads = 1;
  ORPHEUS_TRY(auto codec_device, tensor::Device::open(codec_options));
  ORPHEUS_TRY(auto opened,
              snac::Decoder::open(files.codec, std::move(codec_device), options.codec_arithmetic));
  const std::shared_ptr<snac::Decoder> decoder = std::move(opened);
  std::vector<std::unique_ptr<speech::Synthesiser>> members;
  for (LoadedModel& loaded : models) {
    ORPHEUS_TRY(auto member, pipeline_of(std::move(loaded), options, names, decoder));
    members.push_back(std::move(member));
  }
  if (members.size() == 1) return std::move(members.front());
  return std::make_unique<speech::Ensemble>(std::move(members));
}

}  // namespace orpheus::library
