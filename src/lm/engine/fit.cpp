#include "lm/engine/fit.h"

#include <algorithm>
#include <cstdint>

#include "lm/llama/cache_plan.h"

namespace orpheus::engine {
namespace {

// Bytes for the keys and values of all layers, such that each device holds those of its layers.
size_t budget_of(const llama::Model& model, const tensor::DeviceChain& devices) {
  size_t least = SIZE_MAX;
  for (size_t i = 0; i < devices.size(); ++i) {
    const tensor::Device& device = devices[i];
    size_t mapped_bytes = 0;
    size_t num_layers = 0;  // of every part on this device
    for (size_t part = 0; part < devices.size(); ++part) {
      if (devices[part].info().name != device.info().name) continue;
      if (device.is_cpu()) mapped_bytes += model.mapped_bytes(part);
      num_layers += static_cast<size_t>(model.parts()[part].num_layers());
    }
    const size_t budget =
        llama::cache_budget(device.free_memory_bytes(), mapped_bytes, device.is_cpu());
    least = std::min(least, budget * static_cast<size_t>(model.config().num_layers) / num_layers);
  }
  return least;
}

}  // namespace

Options fit_to_free_memory(const Options& options, const llama::Model& model,
                           const tensor::DeviceChain& devices) {
  const llama::CachePlan plan =
      llama::plan_cache(model.config(), options.cache_type, options.max_sequences,
                        options.context_tokens, options.least_context, budget_of(model, devices));
  Options fitted = options;
  fitted.max_sequences = plan.num_lanes;
  fitted.context_tokens = std::min(options.context_tokens, plan.lane_rows);
  return fitted;
}

}  // namespace orpheus::engine
