#pragma once
// Work that may take long, on a thread of its own, so that the caller can leave it behind.

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace orpheus {

// What work returns or throws; nothing where gives_up says true first (it is asked every 20 ms).
// The work goes on then, so it must own all that it uses, and a program that ends must not run its
// static destructors meanwhile (std::_Exit). Throws std::system_error where no thread can be
// started.
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
