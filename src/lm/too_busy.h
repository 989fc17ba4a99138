#pragma once
// The refusal of a request that would make speeches in progress stutter. The client may try again
// later: the server answers 429. Pure functions.

#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::lm {

inline constexpr std::string_view kTooBusy =
    "another listener would interrupt speeches in progress";

// most_listeners: that are held without interruption, as measured so far.
inline Error too_busy(int most_listeners) {
  return {.kind = ErrorKind::kUnavailable,
          .what = std::string(kTooBusy),
          .expected = "at most " + std::to_string(most_listeners) + " with --guarantee realtime",
          .remedy = "Try again after the seconds in Retry-After, or use another server."};
}

inline bool is_too_busy(const Error& error) {
  return error.kind == ErrorKind::kUnavailable && error.what == kTooBusy;
}

}  // namespace orpheus::lm
