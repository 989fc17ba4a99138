#pragma once
// Reads of four bytes for all lanes. Internal to the lanes.

#include <cstdint>
#include <cstring>

namespace orpheus::tensor::ORPHEUS_LEVEL::lanes {

inline int32_t read_i32(const void* from) {
  int32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL::lanes
