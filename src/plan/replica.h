#pragma once
// The memory that the replicas of the language models need. A replica uses one device, or
// several that share its layers. Pure functions.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "hardware/tiers.h"
#include "lm/engine/options.h"
#include "plan/model_needs.h"

namespace orpheus::plan {

// The devices that hold one model, in the order of its layers.
using Chain = std::vector<tensor::DeviceInfo>;

std::string name_of(const Chain& chain);  // "CUDA0+CUDA1"

// The memory that a replica uses on one device.
struct Share {
  tensor::DeviceInfo device;
  int num_layers = 0;
  size_t free_bytes = 0;   // for this share, without the shares before it
  size_t model_bytes = 0;  // once for all replicas of the same chain
  size_t codec_bytes = 0;  // counted in the first share on the codec's device
  size_t graph_bytes = 0;  // for computing
  size_t cache_bytes = 0;  // keys and values of all sequences

  size_t total_bytes() const { return model_bytes + codec_bytes + graph_bytes + cache_bytes; }
};

struct Replica {
  size_t model = 0;                            // index of the model
  std::vector<Share> shares;                   // never empty; several where its layers are split
  hardware::Tier tier = hardware::Tier::kCpu;  // the lowest of its devices
  int num_sequences = 0;
  bool goes_beyond = false;  // more sequences than were asked for: the devices are large
  int context_tokens = 0;    // of each sequence, at most
  // If sequences have as many units of the cache as they need (engine::Options).
  int unit_tokens = 0;
  int num_units = 0;

  std::string name() const;  // "CUDA0+CUDA1"
  size_t total_bytes() const;
  size_t free_bytes() const;
};

// The models to place, and the devices for them.
struct Placing {
  std::vector<const ModelNeeds*> models;  // never empty; all use the first one's codec
  std::vector<Chain> chains;              // never empty; every model has a replica on each
  std::string codec_device;
  engine::Options engine;

  // Main memory outside the CPU's shares: the embeddings of models on GPUs, and the codec if
  // nothing else is on the CPU.
  size_t host_bytes() const;
  bool uses(const std::string& device) const;  // for layers
};

// Follows the order of loading: every model on the first chain, the codec, then one engine after
// the other. The first engine of a chain loads the weights. Each engine plans its cache from the
// memory that is then free. The first model's replicas come first. Errors: those of
// llama::split_layers.
Result<std::vector<Replica>> place(const hardware::Facts& facts, const Placing& placing);

// The memory of a replica with a single sequence of 12 s, the minimum.
size_t least_bytes(const ModelNeeds& needs, const Share& share, llama::CacheType type);
size_t least_bytes(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);
// Whether every device can hold its share.
bool fits(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);

// Whether everything fits.
bool would_fit(const hardware::Facts& facts, const Placing& placing);

}  // namespace orpheus::plan
