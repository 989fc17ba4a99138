#pragma once
// What an engine has and what it has used, for those who plan and measure.

#include <cstddef>
#include <cstdint>

namespace orpheus::engine {

// The sizes that the engine allocated when it started.
struct Capacity {
  int max_sequences = 0;
  int context_tokens = 0;  // of each sequence
  size_t cache_bytes = 0;
};

// The work of the engine thread outside of the network, since the start: planning, setting inputs,
// sampling, delivering.
struct Overhead {
  uint64_t num_tokens = 0;  // drawn
  double cpu_seconds = 0;
};

}  // namespace orpheus::engine
