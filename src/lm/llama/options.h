#pragma once
// Settings of the network. Filled by config/.

namespace orpheus::llama {

// How keys and values are kept: q8_0 takes 53 % of the memory of f16, and is a little less exact.
enum class CacheType { kF16, kQ8_0 };

}  // namespace orpheus::llama
