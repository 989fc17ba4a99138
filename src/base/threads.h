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

// Starts a thread for the work; the caller joins it. work must not throw. Errors: kLimit (the
// system refuses a thread, or has no memory for one).
Result<std::thread> start_thread(std::function<void()> work);

// Checks that so many threads can run beside the calling one, by starting them. Call it before a
// library that ends the program if a thread cannot be started. Errors: kLimit.
Result<void> check_threads(size_t count);

}  // namespace orpheus
