#pragma once
// Tells every thread that works for a request that the request was cancelled. Copies of a token
// share one state. Any thread may cancel it or ask.

#include <array>
#include <atomic>
#include <memory>

namespace orpheus {

class CancelToken {
 public:
  CancelToken() : state_(std::make_shared<State>()) {}

  // A new token. It counts as cancelled if it, or one of these two, was cancelled.
  static CancelToken below(const CancelToken& first, const CancelToken& second) {
    CancelToken token;
    token.state_->above = {first.state_, second.state_};
    return token;
  }

  void cancel() const { state_->cancelled.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return state_->is_cancelled(); }

 private:
  struct State {
    std::atomic<bool> cancelled = false;
    std::array<std::shared_ptr<const State>, 2> above;  // never changed once shared

    bool is_cancelled() const {
      if (cancelled.load(std::memory_order_relaxed)) return true;
      return (above[0] && above[0]->is_cancelled()) || (above[1] && above[1]->is_cancelled());
    }
  };
  std::shared_ptr<State> state_;
};

}  // namespace orpheus
