#pragma once
// How the layers of a model too large for one device are shared out over several. Pure functions.

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "lm/llama/config.h"
#include "prompt/token.h"
#include "tensor/gguf_file.h"

namespace orpheus::llama {

// What the graphs of a step take on a device beside weights and cache, at most.
inline constexpr size_t kGraphBytes = 256U << 20U;

// Consecutive layers, which stand on one device with their keys and values. The embedding belongs
// to the first part of a model, norm and head to the last.
struct Part {
  int first_layer = 0;
  int end_layer = 0;  // behind the last

  int num_layers() const { return end_layer - first_layer; }
  bool operator==(const Part&) const = default;
};

// Bytes of the weights that are computed with; the embedding, which is only looked up, is not here.
struct WeightSizes {
  std::vector<size_t> layers;
  size_t head = 0;  // norm, rows of audio tokens

  size_t total() const;
};

// Errors: kBadFile (no output matrix).
Result<WeightSizes> read_weight_sizes(const tensor::GgufFile& file, const Config& config,
                                      const prompt::TokenLayout& layout);

// What a device has for weights and cache.
struct DeviceRoom {
  size_t bytes = 0;
  // A CPU behind GPUs: it takes the layers that these cannot hold, and one where they hold all.
  bool takes_the_rest = false;
};

// A part for each device, in their order, so that the cache can be as long as it may: the least
// that any device has left for each of its layers is the most that there is. GPUs before a CPU are
// content with the cache of kEnoughRows tokens. Where the weights do not fit at all, the last
// device has too much. Errors: kUsage (more devices than layers).
inline constexpr int kEnoughRows = 8192;
Result<std::vector<Part>> split_layers(const Config& config, const WeightSizes& sizes,
                                       std::span<const DeviceRoom> rooms);

}  // namespace orpheus::llama
