#include "library/synthesiser.h"

#include <cassert>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "library/engines.h"
#include "library/lexicon_file.h"
#include "library/voice_elsewhere.h"
#include "library/voice_metadata.h"
#include "lm/remote/remote.h"
#include "snac/decoder.h"
#include "speech/ensemble.h"
#include "speech/pipeline.h"
#include "tensor/device_chain.h"

namespace orpheus::library {
namespace {

// Logs once which defaults are used.
void announce(const VoiceMetadata& metadata, bool nobody_chose) {
  if (metadata.is_synthetic) {
    log::warn(
        "'{}' is a synthetic voice of random weights: it babbles. 'orpheus pull english' downloads "
        "a "
        "trained voice (2.4 GB); --model and --codec choose a voice on this machine.",
        metadata.model_name);
  } else if (nobody_chose) {
    log::info("speaking with '{}', the small voice that comes with the program",
              metadata.model_name);
  }
}

Result<std::shared_ptr<snac::Decoder>> open_decoder(const Options& options,
                                                    const std::filesystem::path& codec,
                                                    const std::string& device_name) {
  tensor::DeviceOptions device_options = options.device;
  device_options.name = device_name;
  device_options.num_threads = 1;
  ORPHEUS_TRY(auto device, tensor::Device::open(device_options));
  snac::Options decoder_options = options.decoder;
  decoder_options.reproducible = options.engine.reproducible;
  ORPHEUS_TRY(auto decoder, snac::Decoder::open(codec, std::move(device), decoder_options));
  return std::shared_ptr<snac::Decoder>(std::move(decoder));
}

// Composes a pipeline, for a local or a remote language model.
// Errors: those of Pipeline::prepare_proof().
Result<std::unique_ptr<speech::Synthesiser>> assemble(
    VoiceMetadata metadata, std::unique_ptr<lm::LanguageModel> language_model,
    std::string device_name, std::shared_ptr<snac::Decoder> decoder,
    const speech::Options& options) {
  speech::Parts parts{
      .language_model = std::move(language_model),
      .tokenizer = std::move(metadata.tokenizer),
      .layout = metadata.layout,
      .voices = std::move(metadata.voices),
      .model_name = std::move(metadata.model_name),
      .device_name = std::move(device_name),
      .ending =
          metadata.is_synthetic ? speech::Ending::kAfterSpeakingTime : speech::Ending::kByItself,
      .characters_per_second = metadata.characters_per_second,
      .habits = std::move(metadata.habits),
      .decoder = std::move(decoder),
  };
  auto pipeline = std::make_unique<speech::Pipeline>(std::move(parts), options);
  ORPHEUS_CHECK(pipeline->prepare_proof());
  return pipeline;
}

// What of a speaker is here when its language model is elsewhere.
struct HalfHere {
  Options options;
  speech::Options speech;
  std::shared_ptr<snac::Decoder> decoder;

  Result<std::unique_ptr<speech::Synthesiser>> with(VoiceMetadata metadata) const {
    add_voices(options.added_voices, metadata.voices);
    if (!options.remote.model.empty()) metadata.model_name = options.remote.model;
    ORPHEUS_CHECK(check_codec_of(metadata.layout, decoder->config()));
    ORPHEUS_TRY(auto language_model,
                remote::Remote::open(options.remote, metadata.layout, metadata.sampling));
    return assemble(std::move(metadata), std::move(language_model), "", decoder, speech);
  }
};

Result<std::unique_ptr<speech::Synthesiser>> open_remote(const Fitted& fitted) {
  const Options& options = fitted.options;
  ORPHEUS_TRY(std::string device, named_codec_device(options));
  if (device.empty()) device = tensor::first_device_name(options.device.name);
  ORPHEUS_TRY(auto decoder, open_decoder(options, fitted.files.codec, device));
  ORPHEUS_TRY(speech::Options speech, with_lexicon(options.speech));
  const HalfHere here{options, std::move(speech), std::move(decoder)};
  if (fitted.files.model.empty()) {
    return VoiceElsewhere::open(
        options.remote, [here](VoiceMetadata metadata) { return here.with(std::move(metadata)); });
  }
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(fitted.files.model));
  ORPHEUS_TRY(VoiceMetadata metadata, read_voice_metadata(file, Company::kAlone));
  return here.with(std::move(metadata));
}

Result<std::unique_ptr<speech::Synthesiser>> open_local(const Fitted& fitted,
                                                        const tensor::LoadProgress& progress) {
  assert(!fitted.plan.replicas.empty());
  const Options& options = fitted.options;
  std::vector<std::filesystem::path> paths = {fitted.files.model};
  paths.insert(paths.end(), options.more_models.begin(), options.more_models.end());
  const Company company = paths.size() == 1 ? Company::kAlone : Company::kAmongOthers;
  std::vector<LoadedModel> models;
  std::vector<VoiceMetadata> voices;
  for (const std::filesystem::path& path : paths) {
    ORPHEUS_TRY(LoadedModel loaded, load_model(fitted, path, progress));
    ORPHEUS_TRY(VoiceMetadata metadata, read_voice_metadata(loaded.model->file(), company));
    announce(metadata, options.model.empty());
    models.push_back(std::move(loaded));
    voices.push_back(std::move(metadata));
  }
  add_voices(options.added_voices, voices.front().voices);
  ORPHEUS_TRY(const auto decoder,
              open_decoder(options, fitted.files.codec, fitted.plan.codec_device));
  ORPHEUS_TRY(const speech::Options speech, with_lexicon(options.speech));
  std::vector<std::unique_ptr<speech::Synthesiser>> members;
  for (size_t i = 0; i < models.size(); ++i) {
    ORPHEUS_CHECK(check_codec_of(voices[i].layout, decoder->config()));
    const std::string device(models[i].devices.description());
    ORPHEUS_TRY(auto language_model, start_engines(fitted, i, std::move(models[i])));
    ORPHEUS_TRY(auto member,
                assemble(std::move(voices[i]), std::move(language_model), device, decoder, speech));
    members.push_back(std::move(member));
  }
  if (members.size() == 1) return std::move(members.front());
  return std::make_unique<speech::Ensemble>(std::move(members));
}

}  // namespace

Result<std::unique_ptr<speech::Synthesiser>> open_synthesiser(
    const Fitted& fitted, const tensor::LoadProgress& progress) {
  ORPHEUS_TRY(auto synthesiser, fitted.options.remote.urls.empty() ? open_local(fitted, progress)
                                                                   : open_remote(fitted));
  // ICU makes tables at their first use. Where there is no memory for one, it refuses every later
  // text: better this program at its start.
  const auto checked = synthesiser->check({.text = "É 1."});
  if (!checked && checked.error().kind == ErrorKind::kInternal) return fail(checked.error());
  return synthesiser;
}

}  // namespace orpheus::library
