#pragma once
// How much memory the keys and values of all sequences may take. A pure function.

#include <cstddef>

#include "lm/llama/layer_split.h"

namespace orpheus::engine {

// Of a GPU's free memory the cache may take all but what the graphs need; of the machine's, which
// other programs use too, half. mapped_bytes of the weights are not in memory yet.
inline size_t cache_budget(size_t free_bytes, size_t mapped_bytes, bool is_cpu) {
  constexpr double kShareOfHost = 0.5;
  constexpr double kShareOfGpu = 0.9;
  const size_t taken = llama::kGraphBytes + mapped_bytes;
  if (free_bytes <= taken) return 0;
  return static_cast<size_t>(static_cast<double>(free_bytes - taken) *
                             (is_cpu ? kShareOfHost : kShareOfGpu));
}

}  // namespace orpheus::engine
