#include "plan/replica.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "lm/llama/cache_plan.h"
#include "lm/llama/layer_split.h"
#include "plan/ledger.h"

namespace orpheus::plan {
namespace {

using hardware::Facts;
using hardware::is_cpu;
using hardware::Tier;
using tensor::DeviceInfo;

constexpr int kLeastTokens = 1024;  // 12 s
// Twenty of the cache's buckets hold a piece of 400 characters in English: its prompt, and the
// longest time in which a voice reads it (speech::longest_seconds). Shorter units would leave idle
// units between lanes, and ggml's attention reads a bucket of each.
constexpr int kUnitTokens = 20 * llama::kCacheBucket;

bool includes(const Chain& chain, const std::string& device) {
  return std::any_of(chain.begin(), chain.end(),
                     [&](const DeviceInfo& each) { return each.name == device; });
}

// The number of the chain's shares on this device.
int64_t num_shares(const Replica& replica, const DeviceInfo& device) {
  return std::count_if(replica.shares.begin(), replica.shares.end(),
                       [&](const Share& share) { return share.device.name == device.name; });
}

// The number of replicas that use memory of one of this chain's devices.
size_t num_beside(const Placing& placing, const Chain& chain) {
  size_t most = 1;
  for (const DeviceInfo& device : chain) {
    const auto count =
        std::count_if(placing.chains.begin(), placing.chains.end(),
                      [&](const Chain& other) { return includes(other, device.name); });
    most = std::max(most, static_cast<size_t>(count));
  }
  return most * placing.models.size();
}

size_t weight_bytes(const llama::WeightSizes& sizes, const llama::Part& part) {
  const auto first = sizes.layers.begin() + part.first_layer;
  const bool is_last = static_cast<size_t>(part.end_layer) == sizes.layers.size();
  return std::accumulate(first, first + part.num_layers(), is_last ? sizes.head : size_t{0});
}

// Bytes of one row of the cache.
size_t row_bytes(const ModelNeeds& needs, int num_layers, llama::CacheType type) {
  return llama::cache_row_bytes(needs.config, type) / static_cast<size_t>(needs.config.num_layers) *
         static_cast<size_t>(num_layers);
}

// Places layers and weights. kept_bytes of the first device are reserved for the codec, which is
// loaded later.
Result<Replica> load(const Facts& facts, const ModelNeeds& needs, const Chain& chain,
                     size_t kept_bytes, Ledger& ledger) {
  Replica replica{.tier = Tier::kHigh};
  for (const DeviceInfo& device : chain) {
    replica.tier = std::min(replica.tier, hardware::tier_of(device, facts.memory.total_bytes));
    replica.shares.push_back({.device = device, .graph_bytes = llama::kGraphBytes});
  }
  std::vector<llama::DeviceRoom> rooms;
  for (const DeviceInfo& device : chain) {
    const size_t free = ledger.free_on(device) / static_cast<size_t>(num_shares(replica, device));
    const size_t kept = llama::kGraphBytes + (rooms.empty() ? kept_bytes : 0);
    rooms.push_back({.bytes = free - std::min(free, kept), .takes_the_rest = is_cpu(device)});
  }
  ORPHEUS_TRY(const auto parts, llama::split_layers(needs.config, needs.weights, rooms));
  for (size_t i = 0; i < parts.size(); ++i) {
    Share& share = replica.shares[i];
    share.num_layers = parts[i].num_layers();
    share.model_bytes = weight_bytes(needs.weights, parts[i]);
    ledger.take(share.device, share.model_bytes);
  }
  return replica;
}

// Free bytes for the keys and values of all layers, after the weights.
size_t cache_budget_of(const Replica& replica, const Ledger& ledger) {
  std::vector<llama::LayersOnDevice> parts;
  for (const Share& share : replica.shares)
    parts.push_back({.device = share.device.name,
                     .is_cpu = is_cpu(share.device),
                     .num_layers = share.num_layers,
                     .free_bytes = ledger.measured_on(share.device)});
  return llama::cache_budget(parts);
}

// Whether the sequences may be more than the tier's: the GPUs are large, and nothing but this
// program is expected on them.
bool is_large(const Replica& replica) {
  constexpr size_t kLarge = size_t{40} << 30U;
  return std::all_of(replica.shares.begin(), replica.shares.end(), [](const Share& share) {
    return !is_cpu(share.device) && !hardware::is_unified(share.device) &&
           share.device.memory_total_bytes >= kLarge;
  });
}

// Divides the cache into units, so that a sequence has only as many as it needs: a piece of 400
// characters in English one. Not if lanes of equal length do: they hold the
// longest sequences, as many as were asked for, or more of them than units would.
bool divide_cache(const ModelNeeds& needs, const engine::Options& options,
                  const llama::CachePlan& equal_lanes, int64_t budget_rows, Replica& replica) {
  const int context = std::min(options.context_tokens, needs.config.context_length);
  const bool gpus_only = std::none_of(replica.shares.begin(), replica.shares.end(),
                                      [](const Share& share) { return is_cpu(share.device); });
  const bool is_fixed = options.reproducible || options.least_context >= context;
  if (!gpus_only || is_fixed || context <= kUnitTokens) return false;
  const int wanted = is_large(replica) ? std::max(options.max_sequences, options.most_sequences)
                                       : options.max_sequences;
  if (equal_lanes.num_lanes >= wanted && equal_lanes.lane_rows >= context) return false;
  int longest = 1;  // units
  while (longest * kUnitTokens < context) longest *= 2;
  const auto num_units = static_cast<int>(
      std::min<int64_t>(budget_rows / kUnitTokens, int64_t{wanted} * longest) / longest * longest);
  // No lane begins in the units behind the last place for the longest one (lm/engine/lane_map.h).
  const int num_sequences = std::min(wanted, num_units - longest + 1);
  if (num_sequences < equal_lanes.num_lanes || num_units < longest) return false;
  replica.unit_tokens = kUnitTokens;
  replica.num_units = num_units;
  replica.num_sequences = num_sequences;
  replica.goes_beyond = num_sequences > options.max_sequences;
  replica.context_tokens = context;
  return true;
}

// Plans keys and values from the memory that is free after the weights.
void start_engine(const ModelNeeds& needs, const engine::Options& options, size_t beside,
                  Ledger& ledger, Replica& replica) {
  const size_t budget = cache_budget_of(replica, ledger) / beside;
  const llama::CachePlan lanes =
      llama::plan_cache(needs.config, options.cache_type, options.max_sequences,
                        options.context_tokens, options.least_context, budget);
  replica.num_sequences = lanes.num_lanes;
  replica.context_tokens =
      std::min({lanes.lane_rows, options.context_tokens, needs.config.context_length});
  int64_t num_rows = lanes.num_rows();
  const auto budget_rows =
      static_cast<int64_t>(budget / llama::cache_row_bytes(needs.config, lanes.type));
  if (divide_cache(needs, options, lanes, budget_rows, replica))
    num_rows = int64_t{replica.num_units} * replica.unit_tokens;
  for (Share& share : replica.shares) {
    const int64_t left = ledger.balance(share.device) / num_shares(replica, share.device);
    const auto own = static_cast<int64_t>(share.model_bytes + share.codec_bytes);
    share.free_bytes = static_cast<size_t>(std::max<int64_t>(0, left + own));
    share.cache_bytes =
        row_bytes(needs, share.num_layers, lanes.type) * static_cast<size_t>(num_rows);
  }
  for (const Share& share : replica.shares) {
    ledger.take(share.device, share.graph_bytes);
    ledger.take_cache(share.device, share.cache_bytes);
  }
}

}  // namespace

std::string name_of(const Chain& chain) {
  std::string name;
  for (const DeviceInfo& device : chain) name += (name.empty() ? "" : "+") + device.name;
  return name;
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

bool Placing::uses(const std::string& device) const {
  return std::any_of(chains.begin(), chains.end(),
                     [&](const Chain& chain) { return includes(chain, device); });
}

size_t Placing::host_bytes() const {
  size_t sum = 0;
  const bool has_gpus = std::any_of(chains.begin(), chains.end(), [](const Chain& chain) {
    return !is_cpu(chain.front());  // the CPU looks up the embedding
  });
  if (has_gpus)
    for (const ModelNeeds* model : models) sum += model->embedding_bytes;
  if (codec_device == "CPU" && !uses(codec_device)) sum += models.front()->codec_bytes_on(true);
  return sum;
}

Result<std::vector<Replica>> place(const Facts& facts, const Placing& placing) {
  Ledger ledger(facts, placing.host_bytes());
  using Name = std::pair<size_t, std::string>;
  std::map<Name, Replica> loaded;
  const auto load_once = [&](size_t model, const Chain& chain,
                             size_t kept_bytes) -> Result<Replica> {
    const Name name(model, name_of(chain));
    if (const auto found = loaded.find(name); found != loaded.end()) return found->second;
    ORPHEUS_TRY(Replica replica, load(facts, *placing.models[model], chain, kept_bytes, ledger));
    replica.model = model;
    return loaded.emplace(name, std::move(replica)).first->second;
  };
  const Chain& first = placing.chains.front();
  const auto codec_bytes = [&](const DeviceInfo& device) {
    return placing.models.front()->codec_bytes_on(is_cpu(device));
  };
  const bool is_kept = first.front().name == placing.codec_device;
  for (size_t model = 0; model < placing.models.size(); ++model)
    ORPHEUS_CHECK(load_once(model, first, is_kept ? codec_bytes(first.front()) : 0));
  for (const DeviceInfo& device : facts.devices)
    if (device.name == placing.codec_device && placing.uses(device.name))
      ledger.take(device, codec_bytes(device));
  std::vector<Replica> replicas;
  bool has_codec = false;
  for (size_t model = 0; model < placing.models.size(); ++model) {
    for (const Chain& chain : placing.chains) {
      ORPHEUS_TRY(Replica replica, load_once(model, chain, 0));
      for (Share& share : replica.shares) {
        if (has_codec || share.device.name != placing.codec_device) continue;
        share.codec_bytes = codec_bytes(share.device);
        has_codec = true;
      }
      start_engine(*placing.models[model], placing.engine, num_beside(placing, chain), ledger,
                   replica);
      replicas.push_back(std::move(replica));
    }
  }
  return replicas;
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

bool would_fit(const Facts& facts, const Placing& placing) {
  const auto replicas = place(facts, placing);
  return replicas && std::all_of(replicas->begin(), replicas->end(), [&](const Replica& replica) {
           return fits(*placing.models[replica.model], replica, placing.engine.cache_type);
         });
}

}  // namespace orpheus::plan
