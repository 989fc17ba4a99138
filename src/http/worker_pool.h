#pragma once
// A few threads that carry many jobs, step by step. A job that waits, for a wake-up or for its
// client, holds no thread. Of those that can go on, the one whose client runs dry first is stepped
// first; the others in the order of arrival. Every member may be called from any thread, stop()
// from one at a time and from no job.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/cancel.h"
#include "http/answer.h"
#include "lm/playback.h"

namespace orpheus::http {

class WorkerPool {
 public:
  enum class Next {
    kMore,
    kWaits,           // until wake is called
    kWaitsForClient,  // the same; such a job is in nobody's way
    kDone,
  };
  struct Job {
    CancelToken cancel;  // a job that is cancelled leaves its place to another
    std::function<Next(const Wake&)> step;
    // Runs instead of further steps, quickly, when the pool ends what has not begun to sound. May
    // be empty.
    std::function<void()> refuse = {};
    // Of a speech: how far its client has come, and about how long it will be.
    std::shared_ptr<const lm::Playback> playback = nullptr;
    double expected_seconds = 0;
  };

  // At most max_jobs, not counting those that wait for their clients. Of these there may be
  // max_slow; further ones count.
  WorkerPool(size_t num_threads, size_t max_jobs, size_t max_slow);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From here on there may be this many jobs; none that is there ends for it.
  void allow(size_t max_jobs);
  // False when there are as many jobs as may be, or when the pool takes no more.
  bool submit(Job job);
  // When one that was refused should come back: an estimate from what is in progress.
  // guessed_rate: seconds of sound made in a second, where the pool has measured none yet.
  int seconds_until_place(double guessed_rate);

  // Refuses what has not begun to sound, and takes nothing any more.
  void refuse_waiting();
  // The same, and returns when no job is left. The jobs must be cancelled, or end by themselves.
  void stop();

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace orpheus::http
