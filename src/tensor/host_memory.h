#pragma once
// Memory of the machine, as the system says. May be called from any thread.

#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// What this process may still take: the system's available memory, less where a control group
// limits it. The largest number there is where the system does not say.
size_t available_host_bytes();

// What a control group allows this process in all; nothing without a limit.
std::optional<size_t> host_limit_bytes();

// Resident memory of this process; 0 where the system does not say.
size_t resident_bytes();

}  // namespace orpheus::tensor
