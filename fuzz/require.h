#pragma once
// What a fuzz target claims of an input: where it does not hold, the fuzzer has found something.

#include <cstdlib>

inline void require(bool holds) {
  if (!holds) std::abort();
}
