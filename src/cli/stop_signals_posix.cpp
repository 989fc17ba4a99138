#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "cli/stop_signals.h"

namespace orpheus::cli {
namespace {

// Global, because a signal handler can reach only globals.
int told_signals = -1;
extern "C" void tell_of_signal(int number) {
  const int kept = errno;
  const char byte = static_cast<char>(number);
  if (::write(told_signals, &byte, 1) < 0) errno = kept;
}

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

}  // namespace

void call_before_an_end(void (*leave)(int)) {
  std::signal(SIGINT, leave);
  std::signal(SIGTERM, leave);
  if (std::signal(SIGHUP, leave) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write()
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file larger than ulimit allows
}

struct StopSignals::Before {
  int read_end = -1;
  bool has_terminal =
      false;  // true: SIGHUP means that the terminal was closed; false: SIGHUP asks for a reload
  std::array<std::pair<int, void (*)(int)>, 3> handlers = {
      {{SIGINT, SIG_DFL}, {SIGTERM, SIG_DFL}, {SIGHUP, SIG_DFL}}};
};

StopSignals::StopSignals(std::unique_ptr<const Before> before) : before_(std::move(before)) {}
StopSignals::StopSignals(StopSignals&&) noexcept = default;
StopSignals::~StopSignals() = default;

Result<StopSignals> StopSignals::take() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    return fail(
        {.kind = ErrorKind::kLimit, .what = "a pipe cannot be opened: too many open files"});
  auto before = std::make_unique<Before>();
  told_signals = ends[1];
  before->read_end = ends[0];
  before->has_terminal = has_terminal();
  for (auto& [number, handler] : before->handlers) {
    handler = std::signal(number, tell_of_signal);
    if (handler == SIG_IGN) std::signal(number, SIG_IGN);
  }
  return StopSignals(std::move(before));
}

// The pipe stays open: a handler may still write to it.
void StopSignals::wait(const std::function<void()>& reload) const {
  while (true) {
    char number = 0;
    const ssize_t num_read = ::read(before_->read_end, &number, 1);
    if (num_read < 0 && errno == EINTR) continue;
    if (num_read <= 0 || number != SIGHUP || before_->has_terminal) break;
    reload();
  }
  for (const auto& [number, handler] : before_->handlers)
    std::signal(number, number == SIGHUP ? SIG_IGN : handler);
}

}  // namespace orpheus::cli
