#pragma once
// The message shown when the user ends the program by Ctrl-C: what was kept and what was removed.
// The main thread sets it.

#include <string_view>

namespace orpheus::cli {

// Sets the message; an empty one shows nothing. Longer messages are cut to 500 bytes.
void say_if_interrupted(std::string_view words);

// Writes them to stderr as a line of their own. Calls only what a signal handler may call.
void write_words_of_interrupt() noexcept;

}  // namespace orpheus::cli
