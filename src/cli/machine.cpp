#include "cli/machine.h"

#include <algorithm>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "config/setting.h"

namespace orpheus::cli {

library::Choices choices_of(const config::Settings& settings) {
  const auto chosen = [&](const char* name, auto value) {
    const auto source = settings.sources.find(name);
    const bool is_set =
        source != settings.sources.end() && source->second.origin != config::Origin::kProfile;
    return is_set ? std::optional(value) : std::nullopt;
  };
  return {.max_sequences = chosen("max_sequences", settings.voice.engine.max_sequences),
          .context_tokens = chosen("context_tokens", settings.voice.engine.context_tokens),
          .max_tokens = chosen("max_tokens", settings.max_tokens),
          .matrix_precision = chosen("matrix_precision", settings.voice.device.matrix_precision)};
}

Result<library::Fitted> fit_to_machine(config::Settings& settings, const hardware::Facts& facts,
                                       library::Spread spread) {
  ORPHEUS_TRY(auto fitted,
              library::fit_to_machine(settings.voice, choices_of(settings), facts, spread));
  if (!settings.voice.remote.urls.empty()) {
    fitted.options.remote.max_requests =
        settings.server.max_speeches * static_cast<int>(settings.voice.speech.max_parallel_pieces);
  }
  if (fitted.plan.replicas.empty()) return fitted;
  const plan::Profile& profile = fitted.profile;
  settings.server.tier = hardware::name_of(profile.tier);
  const auto suggest = [&](const char* name, const std::string& value) {
    config::suggest(settings, *config::find_setting(name), value, profile.reason);
  };
  if (settings.voice.device.name == "auto") {
    settings.sources.erase("device");  // "auto" asks for a suggestion
    suggest("device", fitted.options.device.name);
  }
  suggest("max_sequences", std::to_string(fitted.options.engine.max_sequences));
  suggest("context_tokens", std::to_string(fitted.options.engine.context_tokens));
  suggest("max_tokens", std::to_string(fitted.max_tokens));
  suggest("matrix_precision",
          std::string(hardware::name_of(fitted.options.device.matrix_precision)));
  suggest("max_waiting", std::to_string(profile.defaults.max_waiting));
  // Speeches beyond the number of sequences would wait in the engine instead of the server.
  suggest("max_speeches", std::to_string(fitted.plan.num_sequences()));
  engine::Options& engine = fitted.options.engine;
  engine.max_waiting = std::max(engine.max_waiting, settings.server.max_open_speeches());
  return fitted;
}

std::vector<std::string> told(const library::Fitted& fitted, const config::Settings& settings,
                              const hardware::Facts& facts, library::Spread spread) {
  const plan::MemoryPlan& plan = fitted.plan;
  std::vector<std::string> lines;
  std::string of_model;  // the model's threads; empty if the model is remote
  if (!plan.replicas.empty()) {
    lines = plan::told(plan);
    const int asked = settings.voice.device.num_threads;
    of_model =
        fmt::format("up to {} for the model{}, ", asked > 0 ? asked : facts.cpu.num_usable_cores,
                    plan.replicas.size() > 1 ? " of each replica" : "");
  }
  if (spread == library::Spread::kEveryDevice) {
    lines.push_back(
        fmt::format("{} requests in progress or waiting, further ones are refused; at most {} "
                    "tokens per piece of "
                    "text; threads: {}one per core for codecs and encoders",
                    settings.server.max_open_speeches(), settings.max_tokens, of_model));
  } else {
    auto num_pieces = static_cast<int>(settings.voice.speech.max_parallel_pieces);
    if (!plan.replicas.empty()) num_pieces = std::min(num_pieces, plan.num_sequences());
    lines.push_back(fmt::format(
        "up to {} pieces of the text at once, at most {} tokens each; threads: {}one for codec and "
        "encoder",
        num_pieces, settings.max_tokens, of_model));
  }
  return lines;
}

}  // namespace orpheus::cli
