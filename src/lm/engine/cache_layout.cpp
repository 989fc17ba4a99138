#include "lm/engine/cache_layout.h"

namespace orpheus::engine {

llama::CachePlan cache_plan_of(const llama::Config& config, const Options& options) {
  llama::CachePlan plan =
      llama::whole_cache(config, options.cache_type, options.max_sequences, options.context_tokens);
  if (options.num_units == 0 || options.reproducible) return plan;
  const int longest = LaneMap::units_for(options.context_tokens, options.unit_tokens);
  plan.lane_rows = options.unit_tokens;
  plan.num_lanes = options.num_units - longest + 1;
  plan.tail_rows = (longest - 1) * options.unit_tokens;
  return plan;
}

LaneMap lane_map_of(const llama::CachePlan& plan) {
  const int units_of_longest = 1 + plan.tail_rows / plan.lane_rows;
  return {plan.num_lanes + units_of_longest - 1, units_of_longest};
}

}  // namespace orpheus::engine
