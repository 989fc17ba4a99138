#include "cli/interrupt.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>

#include "base/terminal.h"

namespace orpheus::cli {
namespace {

// A signal handler may not allocate. The length is set last, and is 0 while the bytes change.
constexpr size_t kMostBytes = 500;
std::array<char, kMostBytes + 64> line;
std::atomic<size_t> line_length{0};

}  // namespace

void say_if_interrupted(std::string_view words) {
  line_length.store(0);
  if (words.empty()) return;
  // A terminal shows "^C"; what progress was shown goes.
  std::string whole = is_terminal(Standard::kError) ? "\r\x1b[K" : "";
  whole += "orpheus: interrupted: ";
  whole += words.substr(0, kMostBytes);
  whole += '\n';
  const size_t length = std::min(whole.size(), line.size());
  std::memcpy(line.data(), whole.data(), length);
  line_length.store(length);
}

void write_words_of_interrupt() noexcept {
  const size_t length = line_length.load();
  if (length != 0) write_in_signal_handler({line.data(), length});
}

}  // namespace orpheus::cli
