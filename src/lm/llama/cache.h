#pragma once
// The keys and values of every sequence, for the layers on one device, in one allocation.
// Each sequence has a lane. On a CPU the system provides pages when they are first
// written.

#include <cstddef>
#include <cstdlib>
#include <memory>

#include <ggml-cpp.h>

#include "base/result.h"
#include "lm/llama/cache_plan.h"
#include "lm/llama/config.h"
#include "lm/llama/layer_split.h"
#include "lm/llama/network.h"
#include "tensor/device.h"

namespace orpheus::llama {

// The ggml_type of keys and values.
ggml_type ggml_type_of(CacheType type);

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
  int64_t spare_row() const { return plan_.num_rows(); }

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
