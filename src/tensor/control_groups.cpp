#include "tensor/control_groups.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "base/parse_number.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

// The folders from the mounted root down to the group. In a container the group itself is the root.
std::vector<fs::path> folders_down_to(const fs::path& root, const fs::path& group) {
  std::vector<fs::path> folders = {root};
  for (const fs::path& part : group.relative_path()) {
    if (part == "..") break;  // outside the mounted tree
    folders.push_back(folders.back() / part);
  }
  return folders;
}

struct Folders {
  std::vector<fs::path> version2;
  std::vector<fs::path> version1;  // of the controller
};

Folders folders_of(const char* controller, const fs::path& own_groups, const fs::path& mounted_at) {
  std::string version2_group;
  std::string version1_group;
  std::ifstream in(own_groups);
  for (std::string line; std::getline(in, line);) {  // "4:memory:/PATH", "0::/PATH"
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (line.starts_with("0::")) version2_group = line.substr(second + 1);
    if (controllers.find("," + std::string(controller) + ",") != std::string::npos)
      version1_group = line.substr(second + 1);
  }
  return {.version2 = folders_down_to(mounted_at, version2_group),
          .version1 = folders_down_to(mounted_at / controller, version1_group)};
}

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// Version 1 writes "no limit" as a number near the largest 64-bit value.
constexpr size_t kNoLimit = size_t{1} << 60U;

struct Names {
  const char* limit;
  const char* used;
  const char* dropped_first;  // in memory.stat
};
constexpr Names kVersion2 = {"memory.max", "memory.current", "inactive_file"};
constexpr Names kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                             "total_inactive_file"};

std::optional<size_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  size_t value = 0;
  if (file >> value) return value;
  return std::nullopt;  // no such file, or "max"
}

size_t number_of_line(const fs::path& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  size_t value = 0;
  while (file >> word >> value) {
    if (word == name) return value;
  }
  return 0;
}

void look_at(const fs::path& folder, const Names& names, std::optional<MemoryLimit>& tightest) {
  const auto limit = number_in(folder / names.limit);
  const auto used = number_in(folder / names.used);
  if (!limit || !used || *limit >= kNoLimit) return;
  const size_t dropped = number_of_line(folder / "memory.stat", names.dropped_first);
  const MemoryLimit found{.limit_bytes = *limit,
                          .used_bytes = *used > dropped ? *used - dropped : 0};
  if (!tightest || found.free_bytes() < tightest->free_bytes()) tightest = found;
}

}  // namespace

std::optional<int> cores_of_quota(std::string_view cpu_max) {
  const size_t blank = cpu_max.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto quota = parse_number<int64_t>(cpu_max.substr(0, blank));
  const auto period = parse_number<int64_t>(cpu_max.substr(blank + 1));
  if (!quota || !period || *quota < 1 || *period < 1) return std::nullopt;
  return static_cast<int>(std::clamp<int64_t>(*quota / *period, 1, INT32_MAX));
}

std::optional<int> cores_of_control_groups(const fs::path& own_groups, const fs::path& mounted_at) {
  const Folders folders = folders_of("cpu", own_groups, mounted_at);
  std::optional<int> cores;
  const auto look = [&](const std::string& cpu_max) {
    if (const auto quota = cores_of_quota(cpu_max))
      cores = std::min(*quota, cores.value_or(*quota));
  };
  for (const fs::path& folder : folders.version2) look(first_line(folder / "cpu.max"));
  for (const fs::path& folder : folders.version1)
    look(first_line(folder / "cpu.cfs_quota_us") + " " + first_line(folder / "cpu.cfs_period_us"));
  return cores;
}

std::optional<MemoryLimit> memory_limit_of_control_groups(const fs::path& own_groups,
                                                          const fs::path& mounted_at) {
  const Folders folders = folders_of("memory", own_groups, mounted_at);
  std::optional<MemoryLimit> tightest;
  for (const fs::path& folder : folders.version2) look_at(folder, kVersion2, tightest);
  for (const fs::path& folder : folders.version1) look_at(folder, kVersion1, tightest);
  return tightest;
}

}  // namespace orpheus::tensor
