#include "hardware/replica.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lm/engine/cache_budget.h"
#include "lm/llama/cache.h"
#include "lm/llama/layer_split.h"

namespace orpheus::hardware {
namespace {

using tensor::DeviceInfo;

constexpr int kLeastTokens = 1024;  // 12 s

// Of each of the shares that a chain has on it.
size_t free_bytes_of(const Facts& facts, const Chain& chain, const DeviceInfo& device) {
  const auto num_shares = std::count_if(chain.begin(), chain.end(), [&](const DeviceInfo& other) {
    return other.name == device.name;
  });
  const size_t free = is_cpu(device)
                          ? std::min(facts.memory.available_bytes, facts.memory.total_bytes)
                          : device.memory_free_bytes;
  return free / static_cast<size_t>(num_shares);
}

size_t weight_bytes(const llama::WeightSizes& sizes, const llama::Part& part) {
  const auto first = sizes.layers.begin() + part.first_layer;
  const bool is_last = static_cast<size_t>(part.end_layer) == sizes.layers.size();
  return std::accumulate(first, first + part.num_layers(), is_last ? sizes.head : size_t{0});
}

// Of one row of the cache.
size_t row_bytes(const ModelNeeds& needs, int num_layers, llama::CacheType type) {
  return llama::cache_row_bytes(needs.config, type) / static_cast<size_t>(needs.config.num_layers) *
         static_cast<size_t>(num_layers);
}

// What all layers' keys and values may take so that each device holds those of its own.
size_t cache_budget_of(const ModelNeeds& needs, const Replica& replica) {
  size_t least = SIZE_MAX;
  for (const Share& share : replica.shares) {
    const size_t taken = std::min(share.free_bytes, share.model_bytes + share.codec_bytes);
    const size_t budget = engine::cache_budget(share.free_bytes - taken, 0, is_cpu(share.device));
    least = std::min(least, budget * static_cast<size_t>(needs.config.num_layers) /
                                static_cast<size_t>(share.num_layers));
  }
  return least;
}

void plan_cache(const ModelNeeds& needs, const engine::Options& options, Replica& replica) {
  const size_t budget =
      options.cache_bytes > 0 ? options.cache_bytes : cache_budget_of(needs, replica);
  const llama::CachePlan lanes =
      llama::plan_cache(needs.config, options.cache_type, options.max_sequences,
                        options.context_tokens, options.least_context, budget);
  replica.num_sequences = lanes.num_lanes;
  replica.context_tokens =
      std::min({lanes.lane_rows, options.context_tokens, needs.config.context_length});
  for (Share& share : replica.shares)
    share.cache_bytes = row_bytes(needs, share.num_layers, lanes.type) *
                        static_cast<size_t>(lanes.lane_rows) * static_cast<size_t>(lanes.num_lanes);
}

}  // namespace

std::string name_of(const Chain& chain) {
  std::string name;
  for (const DeviceInfo& device : chain) name += (name.empty() ? "" : "+") + device.name;
  return name;
}

bool is_cpu(const DeviceInfo& device) {
  return device.kind != tensor::DeviceKind::kGpu &&
         device.kind != tensor::DeviceKind::kIntegratedGpu;
}

std::string Replica::name() const {
  std::string name;
  for (const Share& share : shares) name += (name.empty() ? "" : "+") + share.device.name;
  return name;
}

size_t Replica::total_bytes() const {
  size_t sum = 0;
  for (const Share& share : shares) sum += share.total_bytes();
  return sum;
}

size_t Replica::free_bytes() const {
  size_t sum = 0;
  for (const Share& share : shares) sum += share.free_bytes;
  return sum;
}

Result<Replica> replica_on(const Facts& facts, const ModelNeeds& needs,
                           const engine::Options& options, const Chain& chain, bool with_codec,
                           int num_alike) {
  Replica replica{.shares = {}, .tier = Tier::kHigh};
  std::vector<llama::DeviceRoom> rooms;
  for (const DeviceInfo& device : chain) {
    Share share{.device = device,
                .free_bytes = free_bytes_of(facts, chain, device),
                .graph_bytes = llama::kGraphBytes};
    if (with_codec && rooms.empty()) share.codec_bytes = needs.codec_bytes_on(is_cpu(device));
    const size_t kept = std::min(share.free_bytes, share.codec_bytes + share.graph_bytes);
    rooms.push_back({.bytes = share.free_bytes - kept, .takes_the_rest = is_cpu(device)});
    replica.tier = std::min(replica.tier, tier_of(device, facts.memory.total_bytes));
    replica.shares.push_back(std::move(share));
  }
  ORPHEUS_TRY(const auto parts, llama::split_layers(needs.config, needs.weights, rooms));
  for (size_t i = 0; i < parts.size(); ++i) {
    replica.shares[i].num_layers = parts[i].num_layers();
    Share& share = replica.shares[i];
    share.model_bytes = weight_bytes(needs.weights, parts[i]);
    const size_t beside_weights = share.free_bytes - std::min(share.free_bytes, share.model_bytes);
    share.free_bytes -= beside_weights - beside_weights / static_cast<size_t>(num_alike);
  }
  plan_cache(needs, options, replica);
  return replica;
}

size_t least_bytes(const ModelNeeds& needs, const Share& share, llama::CacheType type) {
  const int rows = std::min(kLeastTokens, needs.config.context_length);
  return share.model_bytes + share.codec_bytes + share.graph_bytes +
         row_bytes(needs, share.num_layers, type) * static_cast<size_t>(rows);
}

size_t least_bytes(const ModelNeeds& needs, const Replica& replica, llama::CacheType type) {
  size_t sum = 0;
  for (const Share& share : replica.shares) sum += least_bytes(needs, share, type);
  return sum;
}

bool fits(const ModelNeeds& needs, const Replica& replica, llama::CacheType type) {
  return std::all_of(replica.shares.begin(), replica.shares.end(), [&](const Share& share) {
    return least_bytes(needs, share, type) <= share.free_bytes &&
           share.total_bytes() <= share.free_bytes;
  });
}

}  // namespace orpheus::hardware
