#include "lm/llama/cache_plan.h"

#include <algorithm>
#include <cstdint>

#include <ggml.h>

#include "lm/llama/cache.h"
#include "lm/llama/config.h"
#include "lm/llama/layer_split.h"

namespace orpheus::llama {
namespace {

int round_down(int64_t value) { return static_cast<int>(value / kCacheBucket * kCacheBucket); }
int round_up(int value) { return round_down(int64_t{value} + kCacheBucket - 1); }

}  // namespace

size_t cache_row_bytes(const Config& config, CacheType type) {
  return 2 * static_cast<size_t>(config.num_layers) *
         ggml_row_size(ggml_type_of(type), config.kv_width());
}

size_t cache_budget(size_t free_bytes, size_t mapped_bytes, bool is_cpu) {
  constexpr double kShareOfHost = 0.5;
  constexpr double kShareOfGpu = 0.9;
  const size_t taken = kGraphBytes + mapped_bytes;
  if (free_bytes <= taken) return 0;
  return static_cast<size_t>(static_cast<double>(free_bytes - taken) *
                             (is_cpu ? kShareOfHost : kShareOfGpu));
}

size_t cache_budget(std::span<const LayersOnDevice> parts) {
  size_t least = SIZE_MAX;
  size_t all_layers = 0;
  for (const LayersOnDevice& part : parts) all_layers += static_cast<size_t>(part.num_layers);
  for (const LayersOnDevice& part : parts) {
    size_t mapped_bytes = 0;
    size_t num_layers = 0;  // of every part on this device
    for (const LayersOnDevice& other : parts) {
      if (other.device != part.device) continue;
      mapped_bytes += other.mapped_bytes;
      num_layers += static_cast<size_t>(other.num_layers);
    }
    const size_t budget = cache_budget(part.free_bytes, mapped_bytes, part.is_cpu);
    least = std::min(least, budget * all_layers / std::max<size_t>(1, num_layers));
  }
  return least;
}

CachePlan whole_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows) {
  return {.num_lanes = wanted_lanes,
          .lane_rows = round_up(std::min(wanted_rows, config.context_length)),
          .type = type};
}

CachePlan plan_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows,
                     int least_rows, size_t budget_bytes) {
  const auto budget_rows = static_cast<int64_t>(budget_bytes / cache_row_bytes(config, type));
  CachePlan plan = whole_cache(config, type, wanted_lanes, wanted_rows);
  const int64_t most = plan.lane_rows;
  const int64_t least = std::min<int64_t>(most, round_up(least_rows));
  if (most * wanted_lanes <= budget_rows) return plan;
  plan.lane_rows = std::max(round_down(budget_rows / wanted_lanes), static_cast<int>(least));
  plan.num_lanes =
      static_cast<int>(std::clamp<int64_t>(budget_rows / plan.lane_rows, 1, wanted_lanes));
  if (plan.num_lanes == 1)
    plan.lane_rows = std::clamp(round_down(budget_rows), kCacheBucket, static_cast<int>(most));
  return plan;
}

}  // namespace orpheus::llama
