#pragma once
// What the Linux control groups that a process is in leave it, as containers set it. Threads beyond
// the processor time are stopped in the middle of their work, and those that spin for them wait; a
// process beyond the memory is killed. Versions 1 and 2. Safe from every thread.
//
// own_groups is /proc/self/cgroup. The tightest group counts, of those from the one that it names
// up to the root of what is mounted; nothing without a limit.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace orpheus::tensor {

// Whole cores, at least 1, that "QUOTA PERIOD" is worth (cpu.max of version 2); nothing for "max"
// and what is no quota. A pure function.
std::optional<int> cores_of_quota(std::string_view cpu_max);

std::optional<int> cores_of_control_groups(const std::filesystem::path& own_groups,
                                           const std::filesystem::path& mounted_at);

struct MemoryLimit {
  size_t limit_bytes = 0;
  size_t used_bytes = 0;  // without pages of files, which the system drops when it must

  size_t free_bytes() const { return limit_bytes > used_bytes ? limit_bytes - used_bytes : 0; }
};

// The group that leaves the least.
std::optional<MemoryLimit> memory_limit_of_control_groups(const std::filesystem::path& own_groups,
                                                          const std::filesystem::path& mounted_at);

}  // namespace orpheus::tensor
