#pragma once
// What the replicas of a voice's language models take, each of one device or of several that share
// its layers. Pure functions.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "hardware/tiers.h"
#include "lm/engine/options.h"
#include "plan/model_needs.h"

namespace orpheus::plan {

// Devices that one model stands on, in the order of its layers.
using Chain = std::vector<tensor::DeviceInfo>;

std::string name_of(const Chain& chain);  // "CUDA0+CUDA1"

// What a replica takes of one device.
struct Share {
  tensor::DeviceInfo device;
  int num_layers = 0;
  size_t free_bytes = 0;   // for this share, beside what others take
  size_t model_bytes = 0;  // replicas of one chain have them in common
  size_t codec_bytes = 0;  // on the first share of the codec's device
  size_t graph_bytes = 0;  // what computing takes
  size_t cache_bytes = 0;  // keys and values of all sequences

  size_t total_bytes() const { return model_bytes + codec_bytes + graph_bytes + cache_bytes; }
};

struct Replica {
  size_t model = 0;                            // which of the voice's models
  std::vector<Share> shares;                   // never empty; several where its layers are split
  hardware::Tier tier = hardware::Tier::kCpu;  // of the weakest device
  int num_sequences = 0;
  int context_tokens = 0;  // of each

  std::string name() const;  // "CUDA0+CUDA1"
  size_t total_bytes() const;
  size_t free_bytes() const;
};

// What is to be placed, and where.
struct Placing {
  std::vector<const ModelNeeds*> models;  // never empty; the first one's codec speaks for all
  std::vector<Chain> chains;              // never empty; every model has a replica on each
  std::string codec_device;
  engine::Options engine;

  // Of main memory beside what stands on the CPU: the embeddings' pages of what stands on GPUs,
  // and the codec where it alone is on the CPU.
  size_t host_bytes() const;
  bool uses(const std::string& device) const;  // for layers
};

// Step for step as files are loaded and engines started: every model on the first chain, the codec,
// then engine after engine, which load their weights where no earlier one of the chain has, and
// plan their cache from what is free then. The first model's replicas come first. Errors: those of
// llama::split_layers.
Result<std::vector<Replica>> place(const hardware::Facts& facts, const Placing& placing);

// With one sequence of 12 s: below it nothing can be spoken.
size_t least_bytes(const ModelNeeds& needs, const Share& share, llama::CacheType type);
size_t least_bytes(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);
// Whether every device holds its share.
bool fits(const ModelNeeds& needs, const Replica& replica, llama::CacheType type);

// Whether all that is to be placed finds room.
bool would_fit(const hardware::Facts& facts, const Placing& placing);

}  // namespace orpheus::plan
