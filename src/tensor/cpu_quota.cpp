#include "tensor/cpu_quota.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "base/parse_number.h"

namespace orpheus::tensor {
namespace {

// The path of the process's group: the line "0::/PATH" of /proc/self/cgroup.
std::string path_of_group(const std::filesystem::path& own_groups) {
  std::ifstream in(own_groups);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return {};
}

std::optional<int> quota_in(const std::filesystem::path& folder) {
  std::ifstream in(folder / "cpu.max");
  std::string line;
  std::getline(in, line);
  return cores_of_quota(line);
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
  std::optional<int> cores = quota_in(mounted_at);  // inside a container its own group is the root
  std::filesystem::path folder = mounted_at;
  for (const auto& part : std::filesystem::path(path_of_group(own_groups))) {
    if (part == "..") break;  // outside of what is mounted here
    folder /= part;
    const auto quota = quota_in(folder);
    if (quota) cores = std::min(*quota, cores.value_or(*quota));
  }
  return cores;
}

}  // namespace orpheus::tensor
