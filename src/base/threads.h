#pragma once
// Threads where the system may give none: a container's limit of processes, ulimit -u, no memory
// for a stack. Safe from every thread.

#include <cstddef>
#include <functional>
#include <thread>

#include "base/result.h"

namespace orpheus {

// work(0) … work(num_parts - 1), each on a thread of its own, the first on the calling one. A part
// whose thread cannot be started is done on the calling one: that takes longer, and nothing is
// lost. Returns when all are done. work throws nothing.
void run_in_parts(size_t num_parts, const std::function<void(size_t part)>& work);

// A thread that does the work, for the caller to join. work throws nothing. Errors: kLimit (the
// system gives no further thread, or no memory for one).
Result<std::thread> start_thread(std::function<void()> work);

// Whether so many threads can run beside the calling one, by starting them. For libraries that end
// the program where one cannot be started. Errors: kLimit.
Result<void> check_threads(size_t count);

}  // namespace orpheus
