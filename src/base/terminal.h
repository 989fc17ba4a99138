#pragma once
// Standard input, output and error of the process: whether a person is there, and words that a
// signal handler can write. May be called from any thread.

#include <string_view>

namespace orpheus {

enum class Standard { kInput, kOutput, kError };

// Whether it is a terminal, not a file or a pipe.
bool is_terminal(Standard stream);

// Writes to standard error, past every buffer. Calls only what a signal handler may call.
void write_in_signal_handler(std::string_view words) noexcept;

}  // namespace orpheus
