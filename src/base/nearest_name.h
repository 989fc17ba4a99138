#pragma once
// What a mistyped name was meant to be. A pure function.

#include <string_view>
#include <vector>

namespace orpheus {

// The candidate that is the fewest letters away (put in, left out, exchanged, or two swapped);
// empty where even that is more than a third of the name.
std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates);

}  // namespace orpheus
