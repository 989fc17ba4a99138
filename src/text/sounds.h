#pragma once
// Sounds that voices make where a text says <laugh>, <sigh>, <한숨>. A table; read from any thread.

#include <string_view>

namespace orpheus::text {

// Whether a tag of this name is a sound of a published voice, in any language. Small letters.
bool is_sound(std::string_view name);

}  // namespace orpheus::text
