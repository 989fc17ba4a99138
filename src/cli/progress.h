#pragma once
// A progress line on a terminal, rewritten while work goes on; nothing in a pipe. Belongs to the
// working thread; one at a time.

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
  // Leaves an empty line, for what is printed next.
  void clear();
  // Replaces the line by a text that stays.
  void leave(const std::string& text);

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// A line for loading weights. It disappears with the last copy of the returned function.
class LoadingLine {
 public:
  void operator()(size_t done_bytes, size_t total_bytes) const;

 private:
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
};

}  // namespace orpheus::cli
