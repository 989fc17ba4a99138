#pragma once
// Suggests a name for a mistyped one. A pure function.

#include <string_view>
#include <vector>

namespace orpheus {

// The candidate with the fewest differences (a letter added, missing or replaced, or two neighbours
// swapped). Empty if these are more than a third of the name's length.
std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates);

}  // namespace orpheus
