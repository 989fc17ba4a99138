// For systems that take no advice on pages.

#include "tensor/large_pages.h"

namespace orpheus::tensor {

Memory allocate_on_large_pages(size_t num_bytes) {
  return Memory(static_cast<uint8_t*>(std::aligned_alloc(64, (num_bytes + 63) / 64 * 64)));
}

}  // namespace orpheus::tensor
