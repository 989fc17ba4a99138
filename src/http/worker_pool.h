#pragma once
// A fixed number of threads for work that takes its time, first come first served, with a bound on
// what may wait. submit() may be called from any thread, stop() from one at a time and from no job.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.h"

namespace orpheus::http {

class WorkerPool {
 public:
  struct Job {
    CancelToken cancel;  // a job that is cancelled while it waits is dropped
    std::function<void()> run;
  };

  WorkerPool(int num_threads, int max_waiting);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when every thread is busy and as many jobs wait as may, or when the pool was stopped.
  bool submit(Job job);

  // How many jobs wait for a thread.
  size_t num_waiting() const;

  // Drops what waits, and returns when nothing runs. After that nothing is taken any more.
  void stop();

 private:
  void work();

  const size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  size_t num_idle_ = 0;  // threads that run nothing; jobs_ may already hold what they will take
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace orpheus::http
