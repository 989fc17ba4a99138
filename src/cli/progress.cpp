#include "cli/progress.h"

#include <cstdio>

#include "base/log.h"
#include "base/terminal.h"

namespace orpheus::cli {

Progress::Progress()
    : on_terminal_(is_terminal(Standard::kError) && log::format() == log::Format::kText) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

void Progress::show(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || (shown_ && now - last_ < std::chrono::milliseconds(100))) return;
  shown_ = true;
  last_ = now;
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
}

void Progress::leave(const std::string& text) {
  if (!on_terminal_) return;
  std::fprintf(stderr, "\r\x1b[K%s\n", text.c_str());
  shown_ = false;
}

void LoadingLine::operator()(size_t done_bytes, size_t total_bytes) const {
  if (done_bytes >= total_bytes) return progress_->clear();  // a line of the log may follow
  progress_->show("loading, " + std::to_string(done_bytes / 1'000'000) + " of " +
                  std::to_string(total_bytes / 1'000'000) + " MB");
}

}  // namespace orpheus::cli
