#pragma once
// One token travels with a request through every thread that works for it. Copies share one state;
// any thread may cancel or ask.

#include <atomic>
#include <memory>

namespace orpheus {

class CancelToken {
 public:
  CancelToken() : cancelled_(std::make_shared<std::atomic<bool>>(false)) {}

  void cancel() const { cancelled_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

}  // namespace orpheus
