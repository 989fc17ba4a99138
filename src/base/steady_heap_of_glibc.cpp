#include <malloc.h>

#include "base/steady_heap.h"

namespace orpheus {

void keep_heap_steady() {
  constexpr int kThresholdBytes = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kThresholdBytes);  // a bound that was set does not slide
}

}  // namespace orpheus
