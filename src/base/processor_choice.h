#pragma once
// The choice of the level of processors (base/processor.h), which is made once. Internal to
// base/processor.cpp and to the main of the test programs. May be called from any thread.

#include <cstddef>

namespace orpheus {

// Chooses the level with this index, unless one is chosen already. Returns the chosen one's index.
size_t take_level(size_t level);

}  // namespace orpheus
