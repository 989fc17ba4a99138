#pragma once
// The limits of a process's Linux control groups (cgroups), as containers set them; versions 1 and
// 2. A process above its quota of processor time is stopped, even while other threads spin and wait
// for it; above its memory limit it is killed. Safe from every thread.
//
// own_groups is /proc/self/cgroup. Returns the tightest limit of the groups from the one in
// own_groups up to the mounted root; nothing if there is no limit.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace orpheus::tensor {

// Whole cores, at least 1, of a "QUOTA PERIOD" (cpu.max of version 2). Nothing for "max" and for
// text that is no quota. A pure function.
std::optional<int> cores_of_quota(std::string_view cpu_max);

std::optional<int> cores_of_control_groups(const std::filesystem::path& own_groups,
                                           const std::filesystem::path& mounted_at);

struct MemoryLimit {
  size_t limit_bytes = 0;
  size_t used_bytes = 0;  // without file pages, which the system can drop

  size_t free_bytes() const { return limit_bytes > used_bytes ? limit_bytes - used_bytes : 0; }
};

// The limits of the group with the least free memory.
std::optional<MemoryLimit> memory_limit_of_control_groups(const std::filesystem::path& own_groups,
                                                          const std::filesystem::path& mounted_at);

}  // namespace orpheus::tensor
