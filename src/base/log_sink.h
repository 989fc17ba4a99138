#pragma once
// Sends the log to a host program in place of stderr. Safe from every thread.

#include <functional>
#include <string_view>

#include "base/log.h"

namespace orpheus::log {

// Takes one line, without time, level and line end. One call at a time; it must not log.
using Sink = std::function<void(Level level, std::string_view line)>;

// Lines at this level and above go to the sink from now on. When this returns, the sink before is
// not called any more. An empty sink: the log goes nowhere, as before the first start().
void send_to(Level level, Sink sink);

}  // namespace orpheus::log
