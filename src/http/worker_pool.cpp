#include "http/worker_pool.h"

#include <algorithm>
#include <utility>

namespace orpheus::http {

WorkerPool::WorkerPool(int num_threads, int max_waiting)
    : max_waiting_(static_cast<size_t>(max_waiting)), num_idle_(static_cast<size_t>(num_threads)) {
  for (int i = 0; i < num_threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool WorkerPool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (jobs_.size() >= num_idle_ + max_waiting_) {
    // Those whose listeners left give their places to those who are here.
    std::erase_if(jobs_, [](const Job& waiting) { return waiting.cancel.cancelled(); });
    if (jobs_.size() >= num_idle_ + max_waiting_) return false;
  }
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

size_t WorkerPool::num_waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size() - std::min(jobs_.size(), num_idle_);
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
    if (stopped_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.cancel.cancelled()) continue;
    --num_idle_;
    lock.unlock();
    job.run();
    job.run = nullptr;  // what it holds is freed before the thread counts as idle
    lock.lock();
    ++num_idle_;
  }
}

}  // namespace orpheus::http
