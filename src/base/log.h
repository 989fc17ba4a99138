#pragma once
// The program's log: lines on stderr, because stdout carries only sound or JSON. Safe from every
// thread.

#include <spdlog/spdlog.h>

namespace orpheus::log {

enum class Level {
  kDebug = spdlog::level::debug,
  kInfo = spdlog::level::info,
  kWarning = spdlog::level::warn
};

// Call once, before the first line. Sends everything to stderr at this level and above.
void start(Level level);

inline bool is_verbose() { return spdlog::should_log(spdlog::level::debug); }

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace orpheus::log
