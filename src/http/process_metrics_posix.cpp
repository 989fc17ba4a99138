#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include <spdlog/fmt/fmt.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/parse_number.h"
#include "http/process_metrics.h"

namespace orpheus::http {
namespace {

std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The fields of /proc/self/stat from the third on (proc(5)): the second, a name in brackets, may
// hold spaces.
std::vector<std::string> stat_fields() {
  const std::string stat = content_of("/proc/self/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(stat.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

// Of proc(5)'s number, counted from 1.
std::optional<double> field(const std::vector<std::string>& fields, size_t number) {
  if (number - 3 >= fields.size()) return std::nullopt;
  return parse_number<double>(fields[number - 3]);
}

// Seconds since 1970 at which the machine started.
std::optional<double> boot_time() {
  std::istringstream stat(content_of("/proc/stat"));
  for (std::string line; std::getline(stat, line);)
    if (line.starts_with("btime ")) return parse_number<double>(line.substr(6));
  return std::nullopt;
}

void append(std::string& text, std::string_view name, std::string_view kind, std::string_view help,
            std::optional<double> value) {
  if (value)
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, kind, *value);
}

}  // namespace

std::string ProcessMetrics::text() {
  constexpr std::chrono::milliseconds kFresh{100};
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (text_.empty() || now - read_at_ >= kFresh) {
    text_ = process_metrics();
    read_at_ = now;
  }
  return text_;
}

std::string process_metrics() {
  std::string text;
  const std::vector<std::string> fields = stat_fields();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    append(text, "process_cpu_seconds_total", "counter", "Processor time, in seconds.",
           seconds(used.ru_utime) + seconds(used.ru_stime));
  }
  append(text, "process_threads", "gauge", "Threads of the process.", field(fields, 20));
  append(text, "process_virtual_memory_bytes", "gauge", "Virtual memory, in bytes.",
         field(fields, 23));
  if (const auto pages = field(fields, 24))
    append(text, "process_resident_memory_bytes", "gauge", "Resident memory, in bytes.",
           *pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  const auto started = field(fields, 22);
  if (const auto booted = boot_time(); booted && started)
    append(text, "process_start_time_seconds", "gauge",
           "Start time of the process, in seconds since 1970.", *booted + *started / ticks);
  std::error_code error;
  const auto open = std::filesystem::directory_iterator("/proc/self/fd", error);
  if (!error)
    append(text, "process_open_fds", "gauge", "Open file descriptors (files and connections).",
           static_cast<double>(std::distance(begin(open), end(open))));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    append(text, "process_max_fds", "gauge", "Limit on open file descriptors.",
           static_cast<double>(limit.rlim_cur));
  return text;
}

}  // namespace orpheus::http
