#pragma once
// For tests: whether a sanitizer watches this build. It keeps memory that was freed.

namespace orpheus {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

}  // namespace orpheus
