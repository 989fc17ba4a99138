#pragma once
// The tags that voices speak as sounds: <laugh>, <sigh>, <한숨>. A table; read from any thread.

#include <string_view>
#include <vector>

namespace orpheus::text {

// Whether a tag of this name is a sound of a published voice, in any language. Small letters.
bool is_sound(std::string_view name);

// Those that the published voices of a language (ISO 639-1) were taught, the usual ones first; for
// other languages the English ones.
std::vector<std::string_view> sounds_of(std::string_view language);

}  // namespace orpheus::text
