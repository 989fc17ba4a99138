#include "http/worker_pool.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace orpheus::http {

WorkerPool::WorkerPool(int num_places, int max_waiting, int max_unplaced)
    : num_places_(static_cast<size_t>(num_places)),
      max_waiting_(static_cast<size_t>(max_waiting)),
      max_unplaced_(static_cast<size_t>(max_unplaced)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::refuse_waiting() {
  std::deque<Job> waiting;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting.swap(jobs_);
  }
  changed_.notify_all();
  for (const Job& job : waiting) {
    if (job.refuse) job.refuse();
  }
}

void WorkerPool::stop() {
  refuse_waiting();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return threads_.empty(); });
  for (std::thread& thread : ended_) thread.join();
  ended_.clear();
}

bool WorkerPool::submit(Job job) {
  std::deque<Job> dropped;  // ends behind the lock: what a job holds may call back when it is freed
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (jobs_.size() >= num_free_places() + max_waiting_) {
    // Those whose listeners left give their places to those who are here.
    const auto left = std::stable_partition(
        jobs_.begin(), jobs_.end(), [](const Job& waiting) { return !waiting.cancel.cancelled(); });
    dropped.assign(std::move_iterator(left), std::move_iterator(jobs_.end()));
    jobs_.erase(left, jobs_.end());
    if (jobs_.size() >= num_free_places() + max_waiting_) return false;
  }
  jobs_.push_back(std::move(job));
  start_what_may();
  if (!threads_.empty()) return true;
  dropped.push_back(std::move(jobs_.back()));
  jobs_.pop_back();  // the system allows not even one thread: nobody would ever come to it
  return false;
}

void WorkerPool::leave_place() {
  const std::lock_guard lock(mutex_);
  ++num_unplaced_;
  start_what_may();
}

void WorkerPool::take_place_again() {
  const std::lock_guard lock(mutex_);
  --num_unplaced_;
}

size_t WorkerPool::num_waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size() - std::min(jobs_.size(), num_free_places());
}

size_t WorkerPool::num_free_places() const {
  const size_t num_placed = num_running_ - std::min(num_unplaced_, max_unplaced_);
  return num_places_ - std::min(num_places_, num_placed);
}

// Wakes threads, or makes them. Where the system allows no further one, what waits is run by those
// that there are.
void WorkerPool::start_what_may() {
  const size_t num_to_start = std::min(jobs_.size(), num_free_places());
  while (num_idle_ < num_to_start) {
    threads_.emplace_back();
    const auto self = std::prev(threads_.end());
    try {
      *self = std::thread([this, self] { work(self); });
    } catch (const std::system_error& error) {
      threads_.erase(self);
      log::warn("no further thread can be started ({}): speeches wait for the {} that there are",
                error.what(), threads_.size());
      break;
    }
    ++num_idle_;
  }
  changed_.notify_all();
  for (std::thread& thread : ended_)
    thread.join();  // they have let go of the mutex, or are about to
  ended_.clear();
}

void WorkerPool::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || (!jobs_.empty() && num_free_places() > 0); });
    --num_idle_;
    if (stopped_) break;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    ++num_running_;
    lock.unlock();
    if (!job.cancel.cancelled()) job.run();
    job = {};  // what it holds is freed before its place is, and may call back
    lock.lock();
    --num_running_;
    if (num_idle_ >= num_places_) break;  // others are enough
    ++num_idle_;
  }
  ended_.splice(ended_.end(), threads_, self);
  changed_.notify_all();
}

}  // namespace orpheus::http
