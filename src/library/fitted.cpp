#include "library/fitted.h"

#include <utility>
#include <vector>

#include "base/processor.h"
#include "lm/llama/config.h"
#include "plan/device_choice.h"
#include "plan/model_needs.h"
#include "plan/profile.h"
#include "snac/config.h"
#include "tensor/gguf_file.h"

namespace orpheus::library {
namespace {

// The memory needs of the voice's models, its own model first.
Result<std::vector<plan::ModelNeeds>> needs_of(const VoiceFiles& files, const Options& options) {
  ORPHEUS_TRY([[maybe_unused]] const auto own, tensor::GgufFile::open(files.model));  // fails first
  ORPHEUS_TRY(const auto codec, tensor::GgufFile::open(files.codec));
  ORPHEUS_TRY(const snac::Config codec_config, snac::read_config(codec));
  std::vector<std::filesystem::path> models = {files.model};
  models.insert(models.end(), options.more_models.begin(), options.more_models.end());
  std::vector<plan::ModelNeeds> all;
  for (const std::filesystem::path& path : models) {
    ORPHEUS_TRY(const auto model, tensor::GgufFile::open(path));
    ORPHEUS_TRY(plan::ModelNeeds needs, plan::needs_of(model, codec));
    needs.codec_graph_on_cpu = options.decoder.arithmetic == snac::Arithmetic::kGraph;
    ORPHEUS_TRY(const prompt::TokenLayout layout,
                llama::read_token_layout(model, needs.config.vocabulary_size));
    ORPHEUS_CHECK(check_codec_of(layout, codec_config));
    all.push_back(std::move(needs));
  }
  return all;
}

Result<plan::Wishes> wishes_of(const Options& options, const std::vector<plan::ModelNeeds>& needs) {
  ORPHEUS_TRY(std::string codec_device, named_codec_device(options));
  return plan::Wishes{.devices = options.device.name,
                      .codec_device = std::move(codec_device),
                      .engine = options.engine,
                      .more_models = {needs.begin() + 1, needs.end()}};
}

}  // namespace

Result<std::string> named_codec_device(const Options& options) {
  if (options.decoder.arithmetic != snac::Arithmetic::kKernels) return options.codec_device;
  if (options.codec_device.empty() || options.codec_device == "CPU") return "CPU";
  return fail({.kind = ErrorKind::kUsage,
               .what = "the codec's kernels do not run on " + options.codec_device,
               .expected = "the codec device CPU",
               .remedy = "Set --codec-arithmetic graph, or omit --codec-device."});
}

Result<Fitted> fit_to_machine(const Options& options, const Choices& choices,
                              const hardware::Facts& facts, Spread spread) {
  if (const std::string why = unsuited_processor(); !why.empty())
    return fail({.kind = ErrorKind::kUnsupported, .what = why});
  Fitted fitted{.options = options};
  ORPHEUS_TRY(fitted.files, voice_files(options));
  if (!options.remote.urls.empty()) return fitted;  // no weights are loaded here
  ORPHEUS_TRY(const auto needs, needs_of(fitted.files, options));
  ORPHEUS_TRY(const plan::Wishes asked, wishes_of(options, needs));
  ORPHEUS_TRY(auto chains, plan::chosen_devices(facts, needs.front(), asked));
  const bool is_open = options.device.name == "auto";
  if (is_open && spread == Spread::kFirstDevice) chains.resize(1);
  fitted.profile = plan::profile_of(facts, chains, choices.max_tokens.value_or(0));

  const plan::Profile& profile = fitted.profile;
  engine::Options& engine = fitted.options.engine;
  if (is_open) fitted.options.device.name = profile.devices;
  fitted.options.device.matrix_precision =
      choices.matrix_precision.value_or(profile.defaults.matrix_precision);
  engine.max_sequences = choices.max_sequences.value_or(profile.defaults.max_sequences);
  if (!choices.max_sequences && spread == Spread::kEveryDevice)
    engine.most_sequences = plan::kMostSequences;
  engine.context_tokens = choices.context_tokens.value_or(profile.context_tokens);
  if (choices.context_tokens) engine.least_context = *choices.context_tokens;
  fitted.max_tokens = choices.max_tokens.value_or(profile.defaults.max_tokens);

  ORPHEUS_TRY(plan::Wishes wishes, wishes_of(fitted.options, needs));
  wishes.max_tokens = fitted.max_tokens;
  wishes.asked_context = choices.context_tokens.value_or(0);
  ORPHEUS_TRY(fitted.plan, plan::plan_memory(facts, needs.front(), wishes));
  return fitted;
}

}  // namespace orpheus::library
