#pragma once
// How much sound tokens are.

#include "prompt/token.h"

namespace orpheus::engine {

// A frame of seven tokens is 2048 samples at 24 kHz.
inline constexpr double kSecondsPerToken = 2048.0 / 24000.0 / prompt::kSlotsPerFrame;

}  // namespace orpheus::engine
