#pragma once
// The process's use of resources, under the names of Prometheus' own clients.

#include <chrono>
#include <mutex>
#include <string>

namespace orpheus::http {

// Memory, threads, open files, processor time and start time, in the text format of Prometheus.
// Values that the system does not tell are left out (a system with /proc tells all). From any
// thread.
std::string process_metrics();

// The same, but reads the values at most ten times a second. Reading /proc takes a millisecond if
// thousands of connections are open, and the I/O thread answers scrapes. From any thread.
class ProcessMetrics {
 public:
  std::string text();

 private:
  using Clock = std::chrono::steady_clock;
  std::mutex mutex_;
  std::string text_;
  Clock::time_point read_at_;
};

}  // namespace orpheus::http
