#include <malloc.h>

#include "cli/steady_heap.h"

namespace orpheus::cli {

void keep_heap_steady() {
  constexpr int kThresholdBytes = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kThresholdBytes);  // a bound that is set stays fixed
}

}  // namespace orpheus::cli
