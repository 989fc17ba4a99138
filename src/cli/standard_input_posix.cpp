#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "cli/standard_input.h"

namespace orpheus::cli {

bool wait_for_standard_input(int milliseconds) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  ::poll(&input, 1, milliseconds);
  return input.revents != 0;
}

ReadBytes read_standard_input(std::span<char> buffer) {
  using Outcome = ReadBytes::Outcome;
  const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (count > 0) return {Outcome::kBytes, static_cast<size_t>(count)};
  if (count == 0) return {Outcome::kEnd, 0};
  return {errno == EINTR || errno == EAGAIN ? Outcome::kLater : Outcome::kFailed, 0};
}

}  // namespace orpheus::cli
