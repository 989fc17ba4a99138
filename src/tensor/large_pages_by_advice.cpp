#include <sys/mman.h>

#include "tensor/large_pages.h"

namespace orpheus::tensor {

Memory allocate_on_large_pages(size_t num_bytes) {
  constexpr size_t kPage = size_t{2}
                           << 20U;  // of x86-64; another size is refused and costs nothing
  const size_t alignment = num_bytes < kPage ? 64 : kPage;
  const size_t rounded = (num_bytes + alignment - 1) / alignment * alignment;
  Memory memory(static_cast<uint8_t*>(std::aligned_alloc(alignment, rounded)));
  // The rest, less than a large page, stays on small ones, so no memory is wasted.
  const size_t large = num_bytes / kPage * kPage;
  if (memory && large > 0) madvise(memory.get(), large, MADV_HUGEPAGE);
  return memory;
}

}  // namespace orpheus::tensor
