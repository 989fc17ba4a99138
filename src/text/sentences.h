#pragma once
// Stops that end no sentence, though Unicode's rules say that they may. Pure; from any thread.

#include <cstddef>
#include <string_view>

namespace orpheus::text {

// Whether the sentence goes on at this offset, where a stop and blanks stand before it: behind
// initials ("J. R. R. Tolkien"), or where a small letter follows ("No!" he said).
bool goes_on(std::string_view text, size_t offset);

}  // namespace orpheus::text
