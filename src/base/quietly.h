#pragma once
// For destructors: calls that may throw.

namespace orpheus {

// Calls call() and drops an exception of it, as if the rest of the call had done nothing.
template <typename Call>
void quietly(const Call& call) noexcept {
  try {
    call();
  } catch (...) {
    return;
  }
}

}  // namespace orpheus
