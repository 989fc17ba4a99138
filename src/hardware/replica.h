#pragma once
// What one replica of the language model takes, of one device or of several that share its layers.
// Pure functions.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "hardware/model_needs.h"
#include "hardware/tiers.h"
#include "lm/engine/options.h"

namespace orpheus::hardware {

// Devices that one model stands on, in the order of its layers.
using Chain = std::vector<tensor::DeviceInfo>;

std::string name_of(const Chain& chain);  // "CUDA0+CUDA1"
bool is_cpu(const tensor::DeviceInfo& device);

// What a replica takes of one device.
struct Share {
  tensor::DeviceInfo device;
  int num_layers = 0;
  size_t free_bytes = 0;  // before anything is loaded
  size_t model_bytes = 0;
  size_t codec_bytes = 0;  // where the codec is here
  size_t graph_bytes = 0;  // what computing takes
  size_t cache_bytes = 0;  // keys and values of all sequences

  size_t total_bytes() const { return model_bytes + codec_bytes + graph_bytes + cache_bytes; }
};

struct Replica {
  std::vector<Share> shares;  // never empty; several where its layers are split
  Tier tier = Tier::kCpu;     // of the weakest device
  int num_sequences = 0;
  int context_tokens = 0;  // of each

  std::string name() const;  // "CUDA0+CUDA1"
  size_t total_bytes() const;
  size_t free_bytes() const;
};

// As the engine shares out layers and plans its cache. num_alike replicas of this very chain,
// itself included, have the weights in common and share the rest. Errors: those of
// llama::split_layers.
Result<Replica> replica_on(const Facts& facts, const ModelNeeds& needs,
                           const engine::Options& options, const Chain& chain, bool with_codec,
                           int num_alike = 1);

// With one sequence of 12 s: below it nothing can be spoken.
size_t least_bytes(const ModelNeeds& needs, const Share& share, llama::CacheType type);
size_t least_bytes(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);
// Whether every device holds its share.
bool fits(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);

}  // namespace orpheus::hardware
