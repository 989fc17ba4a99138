#pragma once
// One token travels with a request through every thread that works for it. Copies share one state;
// any thread may cancel or ask.

#include <array>
#include <atomic>
#include <memory>

namespace orpheus {

class CancelToken {
 public:
  CancelToken() : state_(std::make_shared<State>()) {}

  // A token that is cancelled with either of these two, and can be cancelled alone.
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
