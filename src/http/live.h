#pragma once
// The settings and the voice for new requests. A reload replaces both; earlier requests continue
// with the ones that they began with. Safe from every thread.

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "http/options.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

struct Snapshot {
  std::shared_ptr<const Options> options;            // never null
  std::shared_ptr<speech::Synthesiser> synthesiser;  // null while the voice is loading
};

class Live {
 public:
  explicit Live(Options options) : now_{std::make_shared<const Options>(std::move(options)), {}} {}

  Snapshot now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  // The last user of the old ones frees them.
  void replace(Options options, std::shared_ptr<speech::Synthesiser> synthesiser) {
    Snapshot next{std::make_shared<const Options>(std::move(options)), std::move(synthesiser)};
    const std::lock_guard lock(mutex_);
    std::swap(now_, next);
  }

  // From now on the server only finishes requests in progress.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  mutable std::mutex mutex_;
  Snapshot now_;
  std::atomic<bool> draining_{false};
};

}  // namespace orpheus::http
