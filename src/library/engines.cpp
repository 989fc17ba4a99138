#include "library/engines.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "lm/engine/engine.h"
#include "lm/engine/replicas.h"

namespace orpheus::library {
namespace {

Result<tensor::DeviceChain> open_devices(const Fitted& fitted, const std::string& replica) {
  tensor::DeviceOptions options = fitted.options.device;
  options.name = replica;
  return tensor::DeviceChain::open(options);
}

}  // namespace

Result<LoadedModel> load_model(const Fitted& fitted, const std::filesystem::path& path,
                               const tensor::LoadProgress& progress) {
  const plan::Replica& first = fitted.plan.replicas.front();
  const bool has_codec = first.shares.front().device.name == fitted.plan.codec_device;
  ORPHEUS_TRY(auto devices, open_devices(fitted, first.name()));
  LoadedModel loaded{.path = path, .devices = std::move(devices), .model = nullptr};
  log::debug("loading {} on {} ({})", path.string(), loaded.devices.name(),
             loaded.devices.description());
  const auto begin = std::chrono::steady_clock::now();
  ORPHEUS_TRY(loaded.model, llama::Model::load(path, loaded.devices, progress,
                                               has_codec ? fitted.plan.codec_bytes : 0));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  log::info("loaded {} in {:.1f} s", path.string(), seconds.count());
  return loaded;
}

Result<std::unique_ptr<lm::LanguageModel>> start_engines(const Fitted& fitted, size_t index,
                                                         LoadedModel loaded) {
  std::map<std::string, std::shared_ptr<const llama::Model>> models;  // by the chain's name
  std::optional<tensor::DeviceChain> first_devices(std::move(loaded.devices));
  models[fitted.plan.replicas.front().name()] = loaded.model;
  std::vector<std::unique_ptr<engine::Engine>> engines;
  for (const plan::Replica& replica : fitted.plan.replicas) {
    if (replica.model != index) continue;
    std::optional<tensor::DeviceChain> devices = std::exchange(first_devices, std::nullopt);
    if (!devices) {
      ORPHEUS_TRY(devices, open_devices(fitted, replica.name()));
    }
    auto& model = models[replica.name()];
    if (!model) {
      ORPHEUS_TRY(model, llama::Model::load(loaded.path, *devices));
    }
    engine::Options options = fitted.options.engine;
    options.max_sequences = replica.num_sequences;
    options.context_tokens = replica.context_tokens;
    options.unit_tokens = replica.unit_tokens;
    options.num_units = replica.num_units;
    ORPHEUS_TRY(auto engine, engine::Engine::start(model, std::move(*devices), options));
    engines.push_back(std::move(engine));
  }
  if (engines.size() == 1) return std::move(engines.front());
  return std::make_unique<engine::Replicas>(std::move(engines));
}

}  // namespace orpheus::library
