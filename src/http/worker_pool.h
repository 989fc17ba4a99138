#pragma once
// Threads for work that takes its time, first come first served, with a bound on what may wait. So
// many jobs run at once; one that says that it waits for its listener leaves its place to another,
// so that slow listeners are in nobody's way. submit() and what jobs call may be called from any
// thread, stop() from one at a time and from no job.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "base/cancel.h"

namespace orpheus::http {

class WorkerPool {
 public:
  struct Job {
    CancelToken cancel;  // a job that is cancelled while it waits is dropped
    std::function<void()> run;
    std::function<void()> refuse = {};  // runs instead, quickly, when the pool takes no more
  };

  // Beyond max_unplaced, jobs that wait for their listeners keep their places.
  WorkerPool(int num_places, int max_waiting, int max_unplaced);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when every place is taken and as many jobs wait as may, or when the pool takes no more.
  bool submit(Job job);

  // For a running job, around a wait for its listener. It goes on at once when he comes, though all
  // places be taken.
  void leave_place();
  void take_place_again();

  // How many jobs wait for a place.
  size_t num_waiting() const;

  // Refuses what waits, and takes nothing any more.
  void refuse_waiting();
  // The same, and returns when nothing runs.
  void stop();

 private:
  using Threads = std::list<std::thread>;

  size_t num_free_places() const;
  void start_what_may();
  void work(Threads::iterator self);

  const size_t num_places_;
  const size_t max_waiting_;
  const size_t max_unplaced_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  size_t num_running_ = 0;
  size_t num_unplaced_ = 0;  // of those that run
  size_t num_idle_ = 0;      // threads that run nothing; jobs_ may already hold what they will take
  bool stopped_ = false;
  Threads threads_;
  Threads ended_;  // to be joined
};

}  // namespace orpheus::http
