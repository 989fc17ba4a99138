#pragma once
// Runs tests on a level of processors that is not the best one. May be called from any thread.

#include <algorithm>
#include <string_view>

#include "base/processor.h"
#include "base/processor_choice.h"
#include "base/processor_features.h"

namespace orpheus {

// Takes the level of this name. False if this processor does not have it, or the program, or if
// another one was taken before.
inline bool take_processor_level(std::string_view name) {
  const auto levels = processor_levels();
  const auto found = std::find(levels.begin(), levels.end(), name);
  if (found == levels.end()) return false;
  if (levels.size() > 1 && !lacking_instructions(name, read_cpu_registers()).empty()) return false;
  const auto level = static_cast<size_t>(found - levels.begin());
  return take_level(level) == level;
}

}  // namespace orpheus
