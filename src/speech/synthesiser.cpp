#include "speech/synthesiser.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace orpheus::speech {
namespace {

// A bell for wake-ups: ringing before the wait is not lost.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::exchange(rung_, false); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace

Result<Summary> Synthesiser::speak(const Request& request, const SampleSink& sink) {
  const auto bell = std::make_shared<Bell>();
  ORPHEUS_TRY(const auto speech, begin(request, [bell] { bell->ring(); }));
  while (true) {
    ORPHEUS_TRY(const Speech::State state, speech->step(sink));
    if (state == Speech::State::kDone) return speech->summary();
    if (state != Speech::State::kMore) bell->wait();
  }
}

}  // namespace orpheus::speech
