#pragma once
// What a person reads who ends the program by Ctrl-C: what was kept, and what was removed. Set by
// the main thread.

#include <string_view>

namespace orpheus::cli {

// From now on; empty: nothing is said. At most 500 bytes count.
void say_if_interrupted(std::string_view words);

// Writes them to stderr as a line of their own. Calls only what a signal handler may call.
void write_words_of_interrupt() noexcept;

}  // namespace orpheus::cli
