#pragma once
// Runs many jobs on a few threads, step by step. A job that waits for a wake-up or for its client
// holds no thread. Among the jobs that can go on, the pool steps the one whose client runs out of
// sound first; jobs without playback follow in the order of arrival. Every member may be called
// from any thread, but stop() from one thread at a time and not from a job.

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
    kWaitsForClient,  // the same; such a job does not count towards max_jobs
    kDone,
  };
  struct Job {
    CancelToken cancel;  // a cancelled job makes room for another
    std::function<Next(const Wake&)> step;
    // Called instead of further steps if the pool stops before the job had sound. Must be quick.
    // May be empty.
    std::function<void()> refuse = {};
    // For a speech: its client's playback and its expected length.
    std::shared_ptr<const lm::Playback> playback = nullptr;
    double expected_seconds = 0;
    // The client gives up if it is refused: for such jobs the limit is half as high again.
    bool is_last_try = false;
  };

  // At most max_jobs jobs. Up to max_slow jobs that wait for their clients do not
  // count.
  WorkerPool(size_t num_threads, size_t max_jobs, size_t max_slow);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From here on there may be this many jobs; none that is there ends for it.
  void allow(size_t max_jobs);
  // False if the pool is full or stopping.
  bool submit(Job job);
  // Estimated seconds after which a refused client should retry. guessed_rate: seconds of sound
  // made in a second, used until the pool has measured its own.
  int seconds_until_place(double guessed_rate);

  // Refuses all jobs without sound, and accepts no more jobs.
  void refuse_waiting();
  // The same, and waits until no job is left. The jobs must be cancelled or end by themselves.
  void stop();

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace orpheus::http
