#pragma once
// Plans the cache: the type of keys and values, their memory, and the lanes that it holds. Pure
// functions.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace orpheus::llama {

struct Config;

// q8_0 takes 53 % of f16's memory and is slightly less exact.
enum class CacheType { kF16, kQ8_0 };

// Graphs read lanes in multiples of this many rows, so one graph serves this many tokens.
inline constexpr int kCacheBucket = 256;

struct CachePlan {
  int num_lanes = 1;
  int lane_rows = kCacheBucket;  // a multiple of kCacheBucket
  CacheType type = CacheType::kF16;
  // A lane may continue in the rows of the next lanes. Behind the last lane it continues in these.
  int tail_rows = 0;

  int64_t num_rows() const { return int64_t{num_lanes} * lane_rows + tail_rows; }
};

// Bytes of one row of every layer, keys and values.
size_t cache_row_bytes(const Config& config, CacheType type);

// The memory that the cache may take: on a GPU all free memory but the graphs' part, on a CPU half
// of it, because other programs use it too. mapped_bytes: weights that are not in memory yet.
size_t cache_budget(size_t free_bytes, size_t mapped_bytes, bool is_cpu);

// A plan with lanes of wanted_rows each (or the trained context, if that is shorter), without a
// memory limit.
CachePlan whole_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows);

// The layers of one part of a model, and the device that holds them.
struct LayersOnDevice {
  std::string_view device;
  bool is_cpu = false;
  int num_layers = 0;
  size_t free_bytes = 0;
  size_t mapped_bytes = 0;  // of the part's weights, not in memory yet
};
// Bytes for the keys and values of all layers, such that each device can hold those of its layers.
// Parts may share a device.
size_t cache_budget(std::span<const LayersOnDevice> parts);

// wanted_lanes lanes of wanted_rows if budget_bytes hold them. Otherwise the lanes
// first get shorter, down to least_rows, and then fewer. At least one lane of one
// bucket.
CachePlan plan_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows,
                     int least_rows, size_t budget_bytes);

}  // namespace orpheus::llama
