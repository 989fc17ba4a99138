#include "cli/steady_heap.h"

namespace orpheus::cli {

void keep_heap_steady() {}

}  // namespace orpheus::cli
