#include <sys/types.h>
#include <unistd.h>

#include "base/terminal.h"

namespace orpheus {

bool is_terminal(Standard stream) {
  switch (stream) {
    case Standard::kInput: return ::isatty(STDIN_FILENO) == 1;
    case Standard::kOutput: return ::isatty(STDOUT_FILENO) == 1;
    case Standard::kError: return ::isatty(STDERR_FILENO) == 1;
  }
  return false;
}

void write_in_signal_handler(std::string_view words) noexcept {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, words.data(), words.size());
}

}  // namespace orpheus
