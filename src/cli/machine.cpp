#include "cli/machine.h"

#include <algorithm>
#include <string>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "config/setting.h"
#include "library/local_synthesiser.h"
#include "plan/model_needs.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

// more_models: what the voice's further models need.
plan::Wishes wishes_of(const config::Settings& settings,
                       const std::vector<plan::ModelNeeds>& more_models) {
  return {.devices = settings.voice.device.name,
          .codec_device = settings.voice.codec_device,
          .engine = settings.voice.engine,
          .more_models = more_models};
}

bool was_set(const config::Settings& settings, const std::string& name) {
  return settings.sources.contains(name);
}

}  // namespace

Result<Fitted> fit_to_machine(config::Settings& settings, const hardware::Facts& facts,
                              Spread spread) {
  if (!settings.voice.remote.urls.empty()) return Fitted{};  // nothing large is loaded here
  ORPHEUS_TRY(const library::VoiceFiles files, library::voice_files(settings.voice));
  ORPHEUS_TRY(const auto model, tensor::GgufFile::open(files.model));
  ORPHEUS_TRY(const auto codec, tensor::GgufFile::open(files.codec));
  ORPHEUS_TRY(const plan::ModelNeeds needs, plan::needs_of(model, codec));
  std::vector<plan::ModelNeeds> more_models;
  for (const std::string& name : settings.voice.more_models) {
    ORPHEUS_TRY(const auto file, tensor::GgufFile::open(name));
    ORPHEUS_TRY(plan::ModelNeeds more, plan::needs_of(file, codec));
    more_models.push_back(std::move(more));
  }
  ORPHEUS_TRY(auto chains, plan::chosen_devices(facts, needs, wishes_of(settings, more_models)));
  const bool chose = settings.voice.device.name == "auto";
  if (chose && spread == Spread::kFirstDevice) chains.resize(1);

  Fitted fitted{.profile = plan::profile_of(
                    facts, chains, was_set(settings, "max_tokens") ? settings.max_tokens : 0),
                .plan = {}};
  const plan::Profile& profile = fitted.profile;
  settings.server.tier = hardware::name_of(profile.tier);
  const auto suggest = [&](const char* name, const std::string& value) {
    config::suggest(settings, *config::find_setting(name), value, profile.reason);
  };
  if (chose) {
    settings.sources.erase("device");  // "auto" asks for just this
    suggest("device", profile.devices);
  }
  suggest("max_sequences", std::to_string(profile.defaults.max_sequences));
  suggest("max_waiting", std::to_string(profile.defaults.max_waiting));
  suggest("max_tokens", std::to_string(profile.defaults.max_tokens));
  suggest("matrix_precision", std::string(hardware::name_of(profile.defaults.matrix_precision)));
  suggest("context_tokens", std::to_string(profile.context_tokens));
  plan::Wishes wishes = wishes_of(settings, more_models);
  wishes.max_tokens = settings.max_tokens;
  // A length that the user asked for is kept where memory is short, with fewer sequences.
  if (settings.sources["context_tokens"].origin != config::Origin::kProfile) {
    wishes.asked_context = settings.voice.engine.context_tokens;
    wishes.engine.least_context = wishes.asked_context;
    settings.voice.engine.least_context = wishes.asked_context;
  }
  ORPHEUS_TRY(fitted.plan, plan::plan_memory(facts, needs, wishes));
  // A speech more than there are sequences would wait within the engine instead of in the queue.
  suggest("max_speeches", std::to_string(fitted.plan.num_sequences()));
  settings.voice.engine.max_waiting =
      std::max(settings.voice.engine.max_waiting, settings.server.num_speech_threads);
  return fitted;
}

std::vector<std::string> told(const Fitted& fitted, const config::Settings& settings,
                              const hardware::Facts& facts, Spread spread) {
  const plan::MemoryPlan& plan = fitted.plan;
  std::vector<std::string> lines;
  std::string of_model = "a thread";
  if (!plan.replicas.empty()) {
    lines = plan::told(plan);
    const int asked = settings.voice.device.num_threads;
    of_model = fmt::format("at most {} threads for the model{}, one",
                           asked > 0 ? asked : facts.cpu.num_usable_cores,
                           plan.replicas.size() > 1 ? " of each replica" : "");
  }
  if (spread == Spread::kEveryDevice) {
    lines.push_back(fmt::format(
        "{} speeches at once, {} wait, at most {} tokens a piece; {} for each speech's codec and "
        "encoder",
        settings.server.num_speech_threads, settings.server.max_waiting_speeches,
        settings.max_tokens, of_model));
  } else {
    auto num_pieces = static_cast<int>(settings.voice.speech.max_parallel_pieces);
    if (!plan.replicas.empty()) num_pieces = std::min(num_pieces, plan.num_sequences());
    lines.push_back(fmt::format(
        "{} pieces of the text at once, at most {} tokens each; {} for codec and encoder",
        num_pieces, settings.max_tokens, of_model));
  }
  return lines;
}

}  // namespace orpheus::cli
