#include "tensor/cpu_quota.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "base/parse_number.h"

namespace orpheus::tensor {
namespace {

struct Groups {
  std::string version2;  // paths
  std::string version1;  // of the controller "cpu"
};

// Lines of /proc/self/cgroup: "0::/PATH", "4:cpu,cpuacct:/PATH".
Groups groups_in(const std::filesystem::path& own_groups) {
  Groups groups;
  std::ifstream in(own_groups);
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(":/", first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (line.starts_with("0::/")) groups.version2 = line.substr(4);
    if (controllers.find(",cpu,") != std::string::npos) groups.version1 = line.substr(second + 2);
  }
  return groups;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<int> quota_of_version2(const std::filesystem::path& folder) {
  return cores_of_quota(first_line(folder / "cpu.max"));
}

std::optional<int> quota_of_version1(const std::filesystem::path& folder) {
  return cores_of_quota(first_line(folder / "cpu.cfs_quota_us") + " " +
                        first_line(folder / "cpu.cfs_period_us"));
}

// From the root of what is mounted down to the group. In a container the group itself is the root.
void look_down(std::filesystem::path folder, const std::string& group,
               std::optional<int> (*quota_in)(const std::filesystem::path&),
               std::optional<int>& cores) {
  const auto look = [&] {
    const auto quota = quota_in(folder);
    if (quota) cores = std::min(*quota, cores.value_or(*quota));
  };
  look();
  for (const auto& part : std::filesystem::path(group)) {
    if (part == "..") break;  // outside of what is mounted here
    folder /= part;
    look();
  }
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

std::optional<int> cores_of_control_groups(const std::filesystem::path& own_groups,
                                           const std::filesystem::path& mounted_at) {
  const Groups groups = groups_in(own_groups);
  std::optional<int> cores;
  look_down(mounted_at, groups.version2, quota_of_version2, cores);
  look_down(mounted_at / "cpu", groups.version1, quota_of_version1, cores);
  return cores;
}

}  // namespace orpheus::tensor
