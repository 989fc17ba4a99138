#pragma once
// The machine's memory, as the system reports it. May be called from any thread.

#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// Bytes that this process can still use: the system's available memory, or less if a control group
// limits it. The largest size_t if the system does not tell.
size_t available_host_bytes();

// The total that a control group allows this process; nothing if there is no limit.
std::optional<size_t> host_limit_bytes();

// Resident memory of this process; 0 if the system does not tell.
size_t resident_bytes();

}  // namespace orpheus::tensor
