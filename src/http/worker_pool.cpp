#include "http/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/threads.h"
#include "http/backlog.h"

namespace orpheus::http {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(Clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

enum class State { kRunnable, kRunning, kWaits, kWaitsForClient };

struct Entry {
  WorkerPool::Job job;
  Wake wake;
  Clock::time_point submitted = Clock::now();
  State state = State::kRunnable;
  bool woken = false;    // wake was called during a step
  bool stepped = false;  // at least once

  // Frees what the job holds. Takes no memory: a new job would, for its token.
  void free_job() {
    job.step = nullptr;
    job.refuse = nullptr;
  }
  double sent_seconds() const { return job.playback ? job.playback->position().sent_seconds : 0; }
  bool has_begun() const { return job.playback ? sent_seconds() > 0 : stepped; }
  // The time when its client runs out of sound; without playback, the time since when it waits.
  Clock::time_point due() const {
    return job.playback ? job.playback->position().dry_at : submitted;
  }
};

using Entries = std::vector<std::shared_ptr<Entry>>;

}  // namespace

struct WorkerPool::Core : std::enable_shared_from_this<Core> {
  Core(size_t most_threads, size_t most_jobs, size_t most_slow)
      : num_threads(most_threads), max_jobs(most_jobs), max_slow(most_slow) {}

  const size_t num_threads;
  size_t max_jobs;
  const size_t max_slow;

  std::mutex mutex;
  std::condition_variable changed;
  Entries entries;  // in the order of arrival
  bool stopped = false;
  std::vector<std::thread> threads;
  double ended_seconds = 0;  // seconds of sound of finished jobs
  Rate rate;
  Backlog backlog;

  size_t num_in_the_way() const;
  bool start_thread();
  void work();
  static Next step(Entry& entry);
  void wake(Entry& entry);
  std::shared_ptr<Entry> most_urgent() const;
  std::shared_ptr<Entry> take_refused();
  void settle(const std::shared_ptr<Entry>& entry, Next next);
  void remove(const std::shared_ptr<Entry>& entry);
  double total_seconds() const;
};

WorkerPool::WorkerPool(size_t num_threads, size_t max_jobs, size_t max_slow)
    : core_(std::make_shared<Core>(num_threads, max_jobs, max_slow)) {}

WorkerPool::~WorkerPool() { stop(); }

size_t WorkerPool::Core::num_in_the_way() const {
  size_t num_slow = 0;
  size_t num_others = 0;
  for (const auto& entry : entries) {
    if (entry->job.cancel.cancelled()) continue;
    ++(entry->state == State::kWaitsForClient ? num_slow : num_others);
  }
  return num_others + num_slow - std::min(num_slow, max_slow);
}

double WorkerPool::Core::total_seconds() const {
  double total = ended_seconds;
  for (const auto& entry : entries) total += entry->sent_seconds();
  return total;
}

void WorkerPool::allow(size_t max_jobs) {
  const std::lock_guard lock(core_->mutex);
  core_->max_jobs = max_jobs;
}

bool WorkerPool::submit(Job job) {
  Core& core = *core_;
  const std::lock_guard lock(core.mutex);
  const size_t most = job.is_last_try ? core.max_jobs + core.max_jobs / 2 : core.max_jobs;
  if (core.stopped || core.num_in_the_way() >= most) return false;
  if (!core.start_thread()) return false;
  if (core.entries.empty()) core.rate.begin(core.total_seconds(), seconds_of(Clock::now()));
  auto entry = std::make_shared<Entry>();
  entry->job = std::move(job);
  entry->wake = [weak = std::weak_ptr(entry), weak_core = core_->weak_from_this()] {
    const auto alive = weak.lock();
    const auto pool = weak_core.lock();
    if (alive && pool) pool->wake(*alive);
  };
  core.entries.push_back(std::move(entry));
  core.changed.notify_one();
  return true;
}

int WorkerPool::seconds_until_place(double guessed_rate) {
  Core& core = *core_;
  const double now = seconds_of(Clock::now());
  const std::lock_guard lock(core.mutex);
  std::vector<double> remaining;
  for (const auto& entry : core.entries) {
    if (entry->state == State::kWaitsForClient) continue;
    remaining.push_back(entry->job.expected_seconds - entry->sent_seconds());
  }
  const double rate = core.rate.measure(core.total_seconds(), now).value_or(guessed_rate);
  return core.backlog.seconds_until_place(remaining, rate, now);
}

// Starts another thread, up to the limit. If the system refuses it, the existing threads do the
// work; false if there is none. Call with the mutex held.
bool WorkerPool::Core::start_thread() {
  if (threads.size() >= num_threads) return true;
  threads.reserve(num_threads);
  if (auto started = orpheus::start_thread([this] { work(); })) {
    threads.push_back(std::move(*started));
  } else {
    log::warn("{} The server continues with {} threads for requests", started.error().message(),
              threads.size());
  }
  return !threads.empty();
}

void WorkerPool::Core::wake(Entry& entry) {
  const std::lock_guard lock(mutex);
  if (entry.state == State::kRunning) entry.woken = true;
  if (entry.state != State::kWaits && entry.state != State::kWaitsForClient) return;
  entry.state = State::kRunnable;
  changed.notify_one();
}

// Call with the mutex held.
std::shared_ptr<Entry> WorkerPool::Core::most_urgent() const {
  std::shared_ptr<Entry> first;
  Clock::time_point due;
  for (const auto& entry : entries) {
    if (entry->state != State::kRunnable) continue;
    const auto its_due = entry->due();
    if (first && due <= its_due) continue;
    first = entry;
    due = its_due;
  }
  return first;
}

void WorkerPool::Core::work() {
  std::unique_lock lock(mutex);
  while (true) {
    auto entry = most_urgent();
    if (!entry) {
      if (stopped && entries.empty()) return;
      changed.wait(lock);
      continue;
    }
    entry->state = State::kRunning;
    entry->stepped = true;
    lock.unlock();
    const Next next = step(*entry);
    lock.lock();
    settle(entry, next);
    lock.unlock();
    // Frees the job here, because its destructor may call back. A late wake-up's thread must not
    // free it: the job's engine may be waiting for that thread.
    if (next == Next::kDone) entry->free_job();
    entry.reset();
    lock.lock();
  }
}

// What is thrown out of a step, where memory runs out, ends the job and not the program. What the
// job holds tells its client of the end.
WorkerPool::Next WorkerPool::Core::step(Entry& entry) {
  try {
    return entry.job.step(entry.wake);
  } catch (const std::exception& thrown) {
    try {
      log::error("a task failed: {}", thrown.what());
    } catch (const std::bad_alloc&) {  // no memory for the line: it is not logged
    }
    return Next::kDone;
  }
}

// Handles the end of a step. Call with the mutex held.
void WorkerPool::Core::settle(const std::shared_ptr<Entry>& entry, Next next) {
  const bool woken = std::exchange(entry->woken, false);
  if (next == Next::kDone) return remove(entry);
  entry->state = next == Next::kMore || woken ? State::kRunnable
                 : next == Next::kWaits       ? State::kWaits
                                              : State::kWaitsForClient;
}

// Call with the mutex held. The caller must hold another reference to the entry.
void WorkerPool::Core::remove(const std::shared_ptr<Entry>& entry) {
  ended_seconds += entry->sent_seconds();
  std::erase(entries, entry);
  if (entries.empty()) changed.notify_all();
}

// Removes a job that shall be refused and gives it; nothing if there is none. Call with the mutex
// held.
std::shared_ptr<Entry> WorkerPool::Core::take_refused() {
  const auto found = std::find_if(entries.begin(), entries.end(), [](const auto& entry) {
    return entry->state != State::kRunning && !entry->has_begun() && entry->job.refuse;
  });
  if (found == entries.end()) return nullptr;
  auto entry = *found;
  remove(entry);
  return entry;
}

// Takes no memory, so that a program that is short of it can end.
void WorkerPool::refuse_waiting() {
  Core& core = *core_;
  std::unique_lock lock(core.mutex);
  core.stopped = true;
  while (const auto entry = core.take_refused()) {
    lock.unlock();
    entry->job.refuse();
    entry->job.cancel.cancel();  // its work ends before the job is freed
    entry->free_job();
    lock.lock();
  }
  lock.unlock();
  core.changed.notify_all();
}

void WorkerPool::stop() {
  refuse_waiting();
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(core_->mutex);
    for (const auto& entry : core_->entries) {
      if (entry->state != State::kRunning) entry->state = State::kRunnable;
    }
    threads.swap(core_->threads);
  }
  core_->changed.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace orpheus::http
