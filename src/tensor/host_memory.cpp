#include "tensor/host_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include <unistd.h>

namespace orpheus::tensor {
namespace {

constexpr size_t kUnknown = std::numeric_limits<size_t>::max();

std::optional<size_t> first_number_in(const std::string& path) {
  std::ifstream file(path);
  size_t value = 0;
  if (file >> value) return value;
  return std::nullopt;  // no such file, or "max"
}

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

// Of the group at the root of what this process sees: in a container that is the container's.
size_t available_to_the_group() {
  const auto limit = first_number_in("/sys/fs/cgroup/memory.max");
  const auto used = first_number_in("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return kUnknown;
  return *limit > *used ? *limit - *used : 0;
}

}  // namespace

size_t available_host_bytes() {
  return std::min(available_to_the_system(), available_to_the_group());
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t total_pages = 0;
  size_t resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace orpheus::tensor
