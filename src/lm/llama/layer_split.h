#pragma once
// Splits the layers of a model over several devices. Pure functions.

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "lm/llama/config.h"
#include "prompt/token.h"
#include "tensor/gguf_file.h"

namespace orpheus::llama {

// The most memory that a step's graphs take on a device, beside weights and cache.
inline constexpr size_t kGraphBytes = 256U << 20U;

// Consecutive layers on one device, with their keys and values. The embedding belongs to the first
// part of a model, norm and head to the last.
struct Part {
  int first_layer = 0;
  int end_layer = 0;  // one past the last

  int num_layers() const { return end_layer - first_layer; }
  bool has(int layer) const { return first_layer <= layer && layer < end_layer; }
  bool operator==(const Part&) const = default;
};

// Bytes of the weights that are multiplied. The embedding is only looked up and does not count.
struct WeightSizes {
  std::vector<size_t> layers;
  size_t head = 0;  // norm, rows of audio tokens

  size_t total() const;
};

// Errors: kBadFile (no output matrix).
Result<WeightSizes> read_weight_sizes(const tensor::GgufFile& file, const Config& config,
                                      const prompt::TokenLayout& layout);

// A device's memory for weights and cache.
struct DeviceRoom {
  size_t bytes = 0;
  // A CPU after GPUs takes the layers that these cannot hold, or one layer if they hold all.
  bool takes_the_rest = false;
};

// Splits the layers into a part for each device, in their order. The split maximises the cache's
// length: the smallest remaining memory for each layer, over all devices, is as large as possible.
// Before a CPU, GPUs need room for only kEnoughRows tokens. If the weights do not fit, the last
// device gets too much. Errors: kUsage (more devices than layers).
inline constexpr int kEnoughRows = 8192;
Result<std::vector<Part>> split_layers(const Config& config, const WeightSizes& sizes,
                                       std::span<const DeviceRoom> rooms);

}  // namespace orpheus::llama
