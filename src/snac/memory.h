#pragma once
// What decoding takes beside the codec's weights, at most.

#include <cstddef>

namespace orpheus::snac {

inline constexpr size_t kGraphBytes = 256U << 20U;  // on a GPU
inline constexpr size_t kStreamBytes = 48U << 20U;  // on a CPU

}  // namespace orpheus::snac
