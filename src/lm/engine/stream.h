#pragma once
// The reader's end of a sequence: takes the tokens that the engine thread delivers. For this folder
// only.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "lm/engine/sequence.h"
#include "lm/language_model.h"

namespace orpheus::engine {

class Stream : public lm::TokenStream {
 public:
  // keep_alive owns the mutex and the conditions. work: wakes the engine thread; ready: wakes
  // callers of next().
  Stream(std::shared_ptr<Delivery> delivery, std::mutex& mutex, std::condition_variable& work,
         std::condition_variable& ready, std::shared_ptr<void> keep_alive)
      : delivery_(std::move(delivery)),
        mutex_(mutex),
        work_(work),
        ready_(ready),
        keep_alive_(std::move(keep_alive)) {}

  ~Stream() override {
    const std::lock_guard lock(mutex_);
    delivery_->abandoned = true;
    work_.notify_one();
  }

  Result<std::optional<lm::GeneratedToken>> next() override {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return !delivery_->tokens.empty() || delivery_->finished; });
    if (!delivery_->tokens.empty()) {
      std::optional<lm::GeneratedToken> token(std::move(delivery_->tokens.front()));
      delivery_->tokens.pop_front();
      work_.notify_one();
      return token;
    }
    if (delivery_->error) return fail(*delivery_->error);
    return std::optional<lm::GeneratedToken>();
  }

  bool ready() const override {
    const std::lock_guard lock(mutex_);
    return !delivery_->tokens.empty() || delivery_->finished;
  }

 private:
  std::shared_ptr<Delivery> delivery_;
  std::mutex& mutex_;
  std::condition_variable& work_;
  std::condition_variable& ready_;
  std::shared_ptr<void> keep_alive_;
};

}  // namespace orpheus::engine
