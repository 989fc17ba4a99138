#include "tensor/memory_limit.h"

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace orpheus::tensor {
namespace {

// Version 1 says "none" as a number near the largest there is.
constexpr size_t kNoLimit = size_t{1} << 60U;

struct Names {
  const char* limit;
  const char* used;
  const char* dropped_first;  // in memory.stat
};
constexpr Names kVersion2 = {"memory.max", "memory.current", "inactive_file"};
constexpr Names kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                             "total_inactive_file"};

std::optional<size_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  size_t value = 0;
  if (file >> value) return value;
  return std::nullopt;  // no such file, or "max"
}

size_t number_of_line(const std::filesystem::path& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  size_t value = 0;
  while (file >> word >> value) {
    if (word == name) return value;
  }
  return 0;
}

void look_at(const std::filesystem::path& folder, const Names& names,
             std::optional<MemoryLimit>& tightest) {
  const auto limit = number_in(folder / names.limit);
  const auto used = number_in(folder / names.used);
  if (!limit || !used || *limit >= kNoLimit) return;
  const size_t dropped = number_of_line(folder / "memory.stat", names.dropped_first);
  const MemoryLimit found{.limit_bytes = *limit,
                          .used_bytes = *used > dropped ? *used - dropped : 0};
  if (!tightest || found.free_bytes() < tightest->free_bytes()) tightest = found;
}

// From the root of what is mounted down to the group. In a container the group itself is the root.
void look_down(std::filesystem::path folder, std::string_view group, const Names& names,
               std::optional<MemoryLimit>& tightest) {
  look_at(folder, names, tightest);
  for (const auto& part : std::filesystem::path(group).relative_path()) {
    if (part == "..") break;  // outside of what is mounted here
    folder /= part;
    look_at(folder, names, tightest);
  }
}

}  // namespace

std::optional<MemoryLimit> memory_limit_of_control_groups(const std::filesystem::path& own_groups,
                                                          const std::filesystem::path& mounted_at) {
  std::optional<MemoryLimit> tightest;
  std::string version2_group;
  std::string version1_group;
  std::ifstream in(own_groups);
  for (std::string line; std::getline(in, line);) {  // "4:memory:/PATH", "0::/PATH"
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (line.starts_with("0::")) version2_group = line.substr(second + 1);
    if (controllers.find(",memory,") != std::string::npos) version1_group = line.substr(second + 1);
  }
  look_down(mounted_at, version2_group, kVersion2, tightest);
  look_down(mounted_at / "memory", version1_group, kVersion1, tightest);
  return tightest;
}

}  // namespace orpheus::tensor
