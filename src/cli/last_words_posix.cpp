#include <csignal>
#include <string_view>

#include "base/atomic_file.h"
#include "base/terminal.h"
#include "cli/last_words.h"

namespace orpheus::cli {
namespace {

constexpr std::string_view kWords =
    "orpheus: the program crashed, because of a bug in it or in a library. If memory is short, use "
    "a "
    "smaller model; otherwise please report this.\n";

// Calls only what a signal handler may.
extern "C" void say_and_end(int signal_number) {
  write_in_signal_handler(kWords);
  remove_unfinished_files();
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

}  // namespace

void have_last_words() {
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE}) {
    if (const auto before = std::signal(number, say_and_end); before != SIG_DFL)
      std::signal(number, before);
  }
}

}  // namespace orpheus::cli
