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

// The same, read at most ten times a second: scrapes are answered on the thread of all connections,
// and reading /proc takes a millisecond where thousands of connections are open. From any thread.
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
