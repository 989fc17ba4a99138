#include "base/threads.h"

#include <exception>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace orpheus {

void run_in_parts(size_t num_parts, const std::function<void(size_t part)>& work) {
  std::vector<std::jthread> others;
  others.reserve(num_parts);
  for (size_t part = 1; part < num_parts; ++part) {
    try {
      others.emplace_back([&work, part] { work(part); });
    } catch (const std::system_error&) {
      work(part);
    }
  }
  if (num_parts > 0) work(0);
}

Result<std::thread> start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::exception& error) {  // std::system_error, std::bad_alloc
    return fail(
        {.kind = ErrorKind::kLimit,
         .what = std::string("a thread cannot be started: ") + error.what(),
         .remedy = "Raise the limit on processes (ulimit -u, or the container's pids limit)."});
  }
}

Result<void> check_threads(size_t count) {
  std::counting_semaphore<> end(0);
  std::vector<std::jthread> threads;
  threads.reserve(count);
  std::string problem;
  try {
    while (threads.size() < count) threads.emplace_back([&end] { end.acquire(); });
  } catch (const std::system_error& error) {
    problem = error.what();
  }
  const size_t num_started = threads.size();
  end.release(static_cast<std::ptrdiff_t>(num_started));
  threads.clear();  // joins
  if (num_started == count) return {};
  return fail({.kind = ErrorKind::kLimit,
               .what = "not enough threads can be started: " + problem,
               .expected = std::to_string(count),
               .found = std::to_string(num_started),
               .remedy =
                   "Raise the limit on processes (ulimit -u, or the container's pids limit), or "
                   "lower --threads."});
}

}  // namespace orpheus
