#include "cli/lone_engine.h"

#include <utility>

#include "lm/engine/engine.h"
#include "lm/engine/fit.h"
#include "lm/llama/model.h"
#include "tensor/device_chain.h"

namespace orpheus::cli {

Result<std::unique_ptr<lm::LanguageModel>> open_lone_engine(const std::filesystem::path& model,
                                                            const config::Settings& settings) {
  ORPHEUS_TRY(auto devices, tensor::DeviceChain::open(settings.voice.device));
  ORPHEUS_TRY(auto loaded, llama::Model::load(model, devices));
  engine::Options options = settings.voice.engine;
  options.context_tokens = loaded->config().context_length;
  options.max_sequences = 1;
  options = engine::fit_to_free_memory(options, *loaded, devices);
  return engine::Engine::start(std::move(loaded), std::move(devices), options);
}

}  // namespace orpheus::cli
