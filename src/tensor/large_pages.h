#pragma once
// Memory on large pages. May be called from any thread.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace orpheus::tensor {

struct FreeMemory {
  void operator()(uint8_t* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t[], FreeMemory>;

// Allocates memory for data that is read often, aligned to 64 bytes. Asks the system for large
// pages, so that a processor looks up fewer addresses; the system may refuse. Nothing if there is
// no memory.
Memory allocate_on_large_pages(size_t num_bytes);

}  // namespace orpheus::tensor
