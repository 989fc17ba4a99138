#pragma once
// What requests are answered with at this moment: the settings and the voice. A reload replaces
// both while requests that began before go on with what they began with. Safe from every thread.

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "http/options.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

struct Snapshot {
  std::shared_ptr<const Options> options;            // never null
  std::shared_ptr<speech::Synthesiser> synthesiser;  // null while the voice is being loaded
};

class Live {
 public:
  explicit Live(Options options) : now_{std::make_shared<const Options>(std::move(options)), {}} {}

  Snapshot now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  // What was there before is freed by whoever uses it last.
  void replace(Options options, std::shared_ptr<speech::Synthesiser> synthesiser) {
    Snapshot next{std::make_shared<const Options>(std::move(options)), std::move(synthesiser)};
    const std::lock_guard lock(mutex_);
    std::swap(now_, next);
  }

  // From here on the server only ends what it has begun.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  mutable std::mutex mutex_;
  Snapshot now_;
  std::atomic<bool> draining_{false};
};

}  // namespace orpheus::http
