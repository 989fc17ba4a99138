#pragma once
// How the engine's options divide the cache into lanes. Pure functions. For this folder only.

#include "lm/engine/lane_map.h"
#include "lm/engine/options.h"
#include "lm/llama/cache_plan.h"
#include "lm/llama/config.h"

namespace orpheus::engine {

// Lanes of context_tokens each, or of units. With reproducible speech the lanes are equal: every
// step has a row for each lane, and would have one for each unit.
llama::CachePlan cache_plan_of(const llama::Config& config, const Options& options);

// An empty map of this cache.
LaneMap lane_map_of(const llama::CachePlan& plan);

}  // namespace orpheus::engine
