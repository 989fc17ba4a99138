#pragma once
// The errors for a voice that does not fit the machine: what is missing, and what would fit. Pure
// functions.

#include <cstddef>

#include "base/result.h"
#include "hardware/facts.h"
#include "plan/replica.h"

namespace orpheus::plan {

// All errors are kLimit.
tl::unexpected<Error> too_large(const hardware::Facts& facts, const Placing& placing,
                                const Replica& replica);
// For a context that the user set. The remedy: a device for it, or the longest context that fits.
tl::unexpected<Error> context_too_long(const hardware::Facts& facts, const Placing& placing,
                                       const Replica& replica, int asked_tokens);
// For a codec on a GPU that has no replica.
tl::unexpected<Error> no_room_for_codec(const tensor::DeviceInfo& device, size_t codec_bytes,
                                        size_t free_bytes);
tl::unexpected<Error> too_little_host_memory(const hardware::Facts& facts, const Placing& placing);

}  // namespace orpheus::plan
