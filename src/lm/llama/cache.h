#pragma once
// The keys and values of every sequence, of the layers that stand on a device, in one piece of
// memory that is taken once.
// Each sequence has a lane. On a CPU the system hands its pages out as they are first written.

#include <cstddef>
#include <cstdlib>
#include <memory>

#include <ggml-cpp.h>

#include "base/result.h"
#include "lm/llama/config.h"
#include "lm/llama/layer_split.h"
#include "lm/llama/network.h"
#include "lm/llama/options.h"
#include "tensor/device.h"

namespace orpheus::llama {

// Lanes grow in steps of so many rows, so a step's graph lives for as many tokens.
inline constexpr int kCacheBucket = 256;

struct CachePlan {
  int num_lanes = 1;
  int lane_rows = kCacheBucket;  // a multiple of kCacheBucket
  CacheType type = CacheType::kF16;
};

// Bytes of one row of every layer, keys and values.
size_t cache_row_bytes(const Config& config, CacheType type);

// As many lanes of wanted_rows as budget_bytes hold; where that is not even one of them for each of
// wanted_lanes, lanes are made shorter first (down to least_rows) and fewer then. At least one lane
// of one bucket.
CachePlan plan_cache(const Config& config, CacheType type, int wanted_lanes, int wanted_rows,
                     int least_rows, size_t budget_bytes);

class Cache {
 public:
  // Errors: kLimit (no memory).
  static Result<Cache> create(const Config& config, const Part& part, const tensor::Device& device,
                              const CachePlan& plan);

  const CacheTensors& tensors() const { return tensors_; }
  const CachePlan& plan() const { return plan_; }
  size_t num_bytes() const;
  // The row of the cache for a token at `position` of a lane.
  int64_t row(int lane, int position) const {
    return static_cast<int64_t>(lane) * plan_.lane_rows + position;
  }
  int64_t spare_row() const { return static_cast<int64_t>(plan_.num_lanes) * plan_.lane_rows; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  Cache() = default;
  CachePlan plan_;
  std::unique_ptr<void, Free> host_memory_;  // of buffer_, on a CPU
  ggml_context_ptr context_;
  ggml_backend_buffer_ptr buffer_;
  CacheTensors tensors_;
};

}  // namespace orpheus::llama
