#include "snac/window_queue.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/threads.h"

namespace orpheus::snac {

class WindowQueue::Order {
 public:
  WindowTask task;
  std::shared_ptr<const Listener> listener;  // null: decode() waits for it
  double due_s = 0;
  std::optional<Result<void>> answer;
};

namespace {

// A window is due after this time although its client has more sound, or takes none at present.
constexpr double kLongestWaitSeconds = 10;

double seconds_of(WindowQueue::Clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Short enough to need no memory.
tl::unexpected<Error> no_memory() {
  return fail({.kind = ErrorKind::kLimit, .what = "out of memory"});
}

}  // namespace

Result<std::unique_ptr<WindowQueue>> WindowQueue::start(std::unique_ptr<GraphDecoder> decoder,
                                                        Company company) {
  std::unique_ptr<WindowQueue> queue(new WindowQueue(std::move(decoder), company));
  ORPHEUS_TRY(queue->thread_, start_thread([queue = queue.get()] { queue->work(); }));
  return queue;
}

WindowQueue::WindowQueue(std::unique_ptr<GraphDecoder> decoder, Company company)
    : decoder_(std::move(decoder)), company_(company) {}

WindowQueue::~WindowQueue() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<std::shared_ptr<WindowQueue::Order>> WindowQueue::order(
    const Window& window, std::shared_ptr<const Listener> listener) {
  auto order = std::make_shared<Order>();
  ORPHEUS_TRY(order->task, task_of(window, config()));
  const auto now = Clock::now();
  const double seconds_in_hand = listener ? listener->seconds_in_hand(now) : 0;
  order->due_s = seconds_of(now) + std::min(seconds_in_hand, kLongestWaitSeconds);
  order->listener = std::move(listener);
  {
    const std::lock_guard lock(mutex_);
    standing_.reserve(waiting_.size() + 1);
    waiting_.push_back(order);
  }
  changed_.notify_one();
  return order;
}

Result<std::vector<float>> WindowQueue::decode(const Window& window) {
  ORPHEUS_TRY(const auto order, this->order(window, nullptr));
  std::unique_lock lock(mutex_);
  decoded_.wait(lock, [&] { return order->answer.has_value(); });
  ORPHEUS_CHECK(*order->answer);
  return std::move(order->task.samples);
}

std::optional<Result<std::vector<float>>> WindowQueue::take(Order& order) {
  const std::lock_guard lock(mutex_);
  if (!order.answer) return std::nullopt;
  if (!*order.answer) return fail(order.answer->error());
  return std::move(order.task.samples);
}

void WindowQueue::wake_at(const std::shared_ptr<const Listener>& listener, Clock::time_point time) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(alarms_.begin(), alarms_.end(),
                                  [&](const Alarm& alarm) { return alarm.listener == listener; });
  if (known == alarms_.end()) {
    alarms_.push_back({listener, time});
  } else {
    known->time = time;
  }
  if (time < sleeps_until_) changed_.notify_one();
}

void WindowQueue::forget(const std::shared_ptr<const Listener>& listener) {
  const std::lock_guard lock(mutex_);
  std::erase_if(alarms_, [&](const Alarm& alarm) { return alarm.listener == listener; });
  std::erase_if(waiting_, [&](const auto& order) { return order->listener == listener; });
}

void WindowQueue::work() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    wake_listeners(lock);
    if (waiting_.empty()) {
      wait_for_work(lock);
    } else {
      decode_next(lock);
    }
  }
}

void WindowQueue::wait_for_work(std::unique_lock<std::mutex>& lock) {
  if (ends_) return;
  sleeps_until_ = Clock::time_point::max();
  for (const Alarm& alarm : alarms_) sleeps_until_ = std::min(sleeps_until_, alarm.time);
  if (sleeps_until_ == Clock::time_point::max()) {
    changed_.wait(lock);
  } else {
    changed_.wait_until(lock, sleeps_until_);
  }
  sleeps_until_ = Clock::time_point::min();  // alarms are looked at before the next sleep
}

// Releases the lock while a listener is woken.
void WindowQueue::wake_listeners(std::unique_lock<std::mutex>& lock) {
  const auto now = Clock::now();
  while (true) {
    const auto due = std::find_if(alarms_.begin(), alarms_.end(),
                                  [&](const Alarm& alarm) { return alarm.time <= now; });
    if (due == alarms_.end()) return;
    const std::shared_ptr<const Listener> listener = std::move(due->listener);
    alarms_.erase(due);
    lock.unlock();
    if (listener->wake) listener->wake();
    lock.lock();
  }
}

// Releases the lock while the device computes and listeners are woken. Needs no memory outside of
// the decoder: without an answer, a stream would wait for ever.
void WindowQueue::decode_next(std::unique_lock<std::mutex>& lock) {
  standing_.clear();
  for (const auto& order : waiting_) standing_.push_back({order->task.num_frames, order->due_s});
  const Batch batch = next_batch(standing_, company_);
  std::array<std::shared_ptr<Order>, kMaxStreamsOfGraph> orders;
  std::array<WindowTask*, kMaxStreamsOfGraph> tasks{};
  for (size_t i = 0; i < batch.size; ++i) {
    orders.at(i) = std::move(waiting_[batch.windows.at(i)]);
    tasks.at(i) = &orders.at(i)->task;
  }
  std::erase(waiting_, nullptr);
  lock.unlock();
  Result<void> answer = no_memory();
  try {
    answer = decoder_->decode(std::span(tasks).first(batch.size));
  } catch (const std::bad_alloc&) {
  }
  lock.lock();
  for (size_t i = 0; i < batch.size; ++i) {
    try {
      orders.at(i)->answer = answer;
    } catch (const std::bad_alloc&) {
      orders.at(i)->answer = no_memory();
    }
  }
  lock.unlock();
  decoded_.notify_all();
  for (size_t i = 0; i < batch.size; ++i) {
    const auto& listener = orders.at(i)->listener;
    if (listener && listener->wake) listener->wake();
    orders.at(i).reset();
  }
  lock.lock();
}

}  // namespace orpheus::snac
