#pragma once
// The share of processor time that a Linux control group leaves a process, as containers set it:
// threads beyond it are stopped in the middle of their work, and those that spin for them wait.

#include <filesystem>
#include <optional>
#include <string_view>

namespace orpheus::tensor {

// Whole cores, at least 1, that "QUOTA PERIOD" is worth (cpu.max of version 2); nothing for "max"
// and what is no quota. A pure function.
std::optional<int> cores_of_quota(std::string_view cpu_max);

// The tightest quota of the groups of both versions, from the one that /proc/self/cgroup names up
// to the root; nothing without one. Safe from every thread.
std::optional<int> cores_of_control_groups(const std::filesystem::path& own_groups,
                                           const std::filesystem::path& mounted_at);

}  // namespace orpheus::tensor
