#pragma once
// For tests: whether a sanitizer slows this build. A bound in milliseconds then says nothing; a
// bound on how the time grows still does.

namespace orpheus {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

}  // namespace orpheus
