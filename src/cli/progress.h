#pragma once
// One line on a terminal that is written over as work goes on; nothing in a pipe. Belongs
// to the thread that works; one at a time.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace orpheus::cli {

class Progress {
 public:
  Progress();
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows the text, at most ten times a second.
  void show(const std::string& text);
  // Shows a text that stays, in place of the line.
  void leave(const std::string& text);

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// A line for weights that are loaded; gone with the last copy of this.
class LoadingLine {
 public:
  void operator()(size_t done_bytes, size_t total_bytes) const;

 private:
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
};

}  // namespace orpheus::cli
