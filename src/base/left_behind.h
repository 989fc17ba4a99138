#pragma once
// Runs work on a separate thread, so that the caller can stop waiting for it.

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace orpheus {

// Returns or throws what work returns or throws. Returns nullopt if gives_up(), called every 20 ms,
// returns true first. The work then continues, so it must own everything that it uses, and the
// program must end without running static destructors (std::_Exit) while it runs. Throws
// std::system_error if no thread can be started.
template <typename T>
std::optional<T> result_unless(const std::function<bool()>& gives_up, std::function<T()> work) {
  auto task = std::make_shared<std::packaged_task<T()>>(std::move(work));
  auto result = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  while (result.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready)
    if (gives_up()) return std::nullopt;
  return result.get();
}

}  // namespace orpheus
