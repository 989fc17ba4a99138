#include "http/running_work.h"

#include <cstddef>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/errors.h"
#include "http/insist.h"
#include "lm/playback.h"

namespace orpheus::http {
namespace {

constexpr size_t kPendingAudioBytes = 1U << 20U;  // for one client; then the speech waits
constexpr size_t kPendingFileBytes = 64U << 10U;  // a file can be read at any time

// Counts one more while it lives.
class CountedIn {
 public:
  explicit CountedIn(metrics::Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
  ~CountedIn() { gauge_.add(-1); }
  CountedIn(const CountedIn&) = delete;
  CountedIn& operator=(const CountedIn&) = delete;

 private:
  metrics::Gauge& gauge_;
};

// Runs on a worker's thread.
WorkerPool::Next step(Task& task, ResponseChannel& channel, lm::Playback* playback,
                      const Wake& wake) {
  auto state = Task::State::kDone;
  try {
    const bool has_room = channel.has_room(wake);
    if (playback != nullptr) playback->hold_up(!has_room);
    if (!has_room) return WorkerPool::Next::kWaitsForClient;
    state = task.step(channel, wake);
  } catch (const std::exception& thrown) {
    insist([&] { log::error("a request failed: {}", thrown.what()); });
  }
  switch (state) {
    case Task::State::kMore: return WorkerPool::Next::kMore;
    case Task::State::kWaits: return WorkerPool::Next::kWaits;
    case Task::State::kWaitsForClient: return WorkerPool::Next::kWaitsForClient;
    case Task::State::kDone: break;
  }
  channel.close();
  return WorkerPool::Next::kDone;
}

}  // namespace

std::shared_ptr<ResponseChannel> start_work(Work work, WorkerPool& workers, Metrics& metrics,
                                            std::function<void()> news) {
  const bool is_errand = work.kind == Work::Kind::kErrand;
  auto channel = std::make_shared<ResponseChannel>(
      is_errand ? kPendingFileBytes : kPendingAudioBytes, work.cancel, std::move(news));
  // A speech counts itself as waiting until it sounds.
  auto waits = is_errand ? std::make_shared<CountedIn>(metrics.requests_waiting) : nullptr;
  WorkerPool::Job job{
      .cancel = work.cancel,
      .step =
          [channel, task = std::shared_ptr(std::move(work.task)), waits = std::move(waits),
           playback = work.playback](const Wake& wake) mutable {
            waits = nullptr;
            return step(*task, *channel, playback.get(), wake);
          },
      .refuse = [channel] { channel->send(stopping_response()); },
      .playback = work.playback,
      .expected_seconds = work.expected_seconds,
      .is_last_try = work.is_last_try};
  return workers.submit(std::move(job)) ? channel : nullptr;
}

}  // namespace orpheus::http
