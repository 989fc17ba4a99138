#pragma once
// Starts threads on systems that may refuse them (a container's process limit, ulimit -u, no memory
// for a stack). Safe from every thread.

#include <cstddef>
#include <functional>
#include <thread>

#include "base/result.h"

namespace orpheus {

// Runs work(0) … work(num_parts - 1), each on its own thread, the first on the calling thread. If a
// thread cannot be started, its part runs on the calling thread. Returns when all parts are done.
// work must not throw.
void run_in_parts(size_t num_parts, const std::function<void(size_t part)>& work);

// A thread that does the work, for the caller to join. work throws nothing. Errors: kLimit (the
// system gives no further thread, or no memory for one).
Result<std::thread> start_thread(std::function<void()> work);

// Whether so many threads can run beside the calling one, by starting them. For libraries that end
// the program where one cannot be started. Errors: kLimit.
Result<void> check_threads(size_t count);

}  // namespace orpheus
