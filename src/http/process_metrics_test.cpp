#include "http/process_metrics.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;

TEST(ProcessMetrics, TellOfMemoryAndThreads) {
  if (!std::filesystem::exists("/proc/self/stat")) GTEST_SKIP() << "a system without /proc";
  const std::string text = process_metrics();
  for (const char* name : {"process_cpu_seconds_total", "process_threads", "process_open_fds",
                           "process_max_fds", "process_virtual_memory_bytes",
                           "process_resident_memory_bytes", "process_start_time_seconds"})
    EXPECT_NE(text.find(std::string("\n") + name + " "), std::string::npos) << name;
}

// Guards against: each of many scrapes reads /proc on the I/O thread, or the values are never read
// again.
TEST(ProcessMetrics, AreReadAnewAfterAWhileOnly) {
  ProcessMetrics metrics;
  const auto processor_time_changes = [&](std::chrono::milliseconds time) {
    const std::string before = metrics.text();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) continue;  // takes processor time
    return metrics.text() != before;
  };
  EXPECT_TRUE(processor_time_changes(150ms));
  bool once_the_same = false;  // a machine that stands still for a while makes it late
  for (int i = 0; i < 20 && !once_the_same; ++i) once_the_same = !processor_time_changes(2ms);
  EXPECT_TRUE(once_the_same);
}

}  // namespace
}  // namespace orpheus::http
