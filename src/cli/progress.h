#pragma once
// One line on a terminal that is written over as work goes on; nothing in a pipe. Belongs
// to the thread that works; one at a time.

#include <chrono>
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

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace orpheus::cli
