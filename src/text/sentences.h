#pragma once
// Finds stops within a sentence that Unicode's rules take for its end. Pure; from any thread.

#include <cstddef>
#include <string_view>

namespace orpheus::text {

// Whether the sentence continues at this offset, after a stop and blanks: after initials ("J. R. R.
// Tolkien"), or before a small letter ("No!" he said).
bool goes_on(std::string_view text, size_t offset);

}  // namespace orpheus::text
