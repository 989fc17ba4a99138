#pragma once
// The memory that a Linux control group leaves a process, as containers set it: whoever takes more
// is killed. Versions 1 and 2.

#include <cstddef>
#include <filesystem>
#include <optional>

namespace orpheus::tensor {

struct MemoryLimit {
  size_t limit_bytes = 0;
  size_t used_bytes = 0;  // without pages of files, which the system drops when it must

  size_t free_bytes() const { return limit_bytes > used_bytes ? limit_bytes - used_bytes : 0; }
};

// The group that leaves the least, of those from the one that own_groups (/proc/self/cgroup) names
// up to the root of what is mounted; nothing without a limit. Safe from every thread.
std::optional<MemoryLimit> memory_limit_of_control_groups(const std::filesystem::path& own_groups,
                                                          const std::filesystem::path& mounted_at);

}  // namespace orpheus::tensor
