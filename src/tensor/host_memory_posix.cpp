#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include <unistd.h>

#include "tensor/control_groups.h"
#include "tensor/host_memory.h"

namespace orpheus::tensor {
namespace {

constexpr size_t kUnknown = std::numeric_limits<size_t>::max();

size_t available_to_the_system() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  size_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    if (name == "MemAvailable:") return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return kUnknown;
}

std::optional<MemoryLimit> own_limit() {
  return memory_limit_of_control_groups("/proc/self/cgroup", "/sys/fs/cgroup");
}

}  // namespace

size_t available_host_bytes() {
  const auto limit = own_limit();
  return std::min(available_to_the_system(), limit ? limit->free_bytes() : kUnknown);
}

std::optional<size_t> host_limit_bytes() {
  const auto limit = own_limit();
  return limit ? std::optional(limit->limit_bytes) : std::nullopt;
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t total_pages = 0;
  size_t resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace orpheus::tensor
