#include "lm/engine/fit.h"

#include <algorithm>
#include <vector>

#include "lm/llama/cache_plan.h"

namespace orpheus::engine {
Options fit_to_free_memory(const Options& options, const llama::Model& model,
                           const tensor::DeviceChain& devices) {
  std::vector<llama::LayersOnDevice> parts;
  for (size_t i = 0; i < devices.size(); ++i) {
    const tensor::Device& device = devices[i];
    parts.push_back({.device = device.info().name,
                     .is_cpu = device.is_cpu(),
                     .num_layers = model.parts()[i].num_layers(),
                     .free_bytes = device.free_memory_bytes(),
                     .mapped_bytes = device.is_cpu() ? model.mapped_bytes(i) : 0});
  }
  const llama::CachePlan plan =
      llama::plan_cache(model.config(), options.cache_type, options.max_sequences,
                        options.context_tokens, options.least_context, llama::cache_budget(parts));
  Options fitted = options;
  fitted.max_sequences = plan.num_lanes;
  fitted.context_tokens = std::min(options.context_tokens, plan.lane_rows);
  return fitted;
}

}  // namespace orpheus::engine
