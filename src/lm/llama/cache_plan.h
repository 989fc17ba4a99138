#pragma once
// How keys and values are kept, how much memory they may take, and how many lanes that memory
// holds. Pure functions.

#include <cstddef>
#include <span>
#include <string_view>

namespace orpheus::llama {

struct Config;

// q8_0 takes 53 % of the memory of f16, and is a little less exact.
enum class CacheType { kF16, kQ8_0 };

// Lanes grow in steps of so many rows, so a step's graph lives for as many tokens.
inline constexpr int kCacheBucket = 256;

struct CachePlan {
  int num_lanes = 1;
  int lane_rows = kCacheBucket;  // a multiple of kCacheBucket
  CacheType type = CacheType::kF16;
};

// Bytes of one row of every layer, keys and values.
size_t cache_row_bytes(const Config& config, CacheType type);

// Of a GPU's free memory the cache may take all but what the graphs need; of the machine's, which
// other programs use too, half. mapped_bytes of the weights are not in memory yet.
size_t cache_budget(size_t free_bytes, size_t mapped_bytes, bool is_cpu);

// Lanes of wanted_rows each (of the trained context, if that is shorter), in whatever memory it
// takes.
CachePlan whole_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows);

// The layers of one part of a model, and the device that holds them.
struct LayersOnDevice {
  std::string_view device;
  bool is_cpu = false;
  int num_layers = 0;
  size_t free_bytes = 0;
  size_t mapped_bytes = 0;  // of the part's weights, not in memory yet
};
// Bytes for the keys and values of all layers, such that each device holds those of its layers.
// Parts may share a device.
size_t cache_budget(std::span<const LayersOnDevice> parts);

// As many lanes of wanted_rows as budget_bytes hold; where that is not even one of them for each of
// wanted_lanes, lanes are made shorter first (down to least_rows) and fewer then. At least one lane
// of one bucket.
CachePlan plan_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows,
                     int least_rows, size_t budget_bytes);

}  // namespace orpheus::llama
