#pragma once
// Computes windows of many streams on one device. A thread of its own decodes them, so a stream can
// order a window and go on. While the device computes, windows wait; window_batch.h selects which
// of them are next. Safe from every thread.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "snac/config.h"
#include "snac/graph_decoder.h"
#include "snac/listener.h"
#include "snac/window_batch.h"

namespace orpheus::snac {

class WindowQueue {
 public:
  using Clock = Listener::Clock;

  // A window that was ordered.
  class Order;

  // Errors: kLimit (no thread).
  static Result<std::unique_ptr<WindowQueue>> start(std::unique_ptr<GraphDecoder> decoder,
                                                    Company company);
  // No window may be on order.
  ~WindowQueue();

  const Config& config() const { return decoder_->config(); }

  // Waits for the samples of the window's frames. The client counts as dry. Errors: those of
  // task_of and GraphDecoder::decode.
  Result<std::vector<float>> decode(const Window& window);

  // Draws the window's noise and returns; the listener is woken when take() has something to give.
  // Errors: those of task_of.
  Result<std::shared_ptr<Order>> order(const Window& window,
                                       std::shared_ptr<const Listener> listener);
  // The samples; nullopt before they are computed. Call once more at most after that.
  std::optional<Result<std::vector<float>>> take(Order& order);

  // Wakes the listener at this time, in place of an earlier call's time.
  void wake_at(const std::shared_ptr<const Listener>& listener, Clock::time_point time);
  // Drops the order and the time of a listener. wake may be called once more.
  void forget(const std::shared_ptr<const Listener>& listener);

 private:
  struct Alarm {
    std::shared_ptr<const Listener> listener;
    Clock::time_point time;
  };

  WindowQueue(std::unique_ptr<GraphDecoder> decoder, Company company);
  void work();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void wake_listeners(std::unique_lock<std::mutex>& lock);
  void decode_next(std::unique_lock<std::mutex>& lock);

  const std::unique_ptr<GraphDecoder> decoder_;  // used by the thread
  const Company company_;

  std::mutex mutex_;
  std::condition_variable changed_;              // for the thread
  std::condition_variable decoded_;              // for decode()
  std::vector<std::shared_ptr<Order>> waiting_;  // in the order of arrival
  std::vector<WaitingWindow> standing_;          // of waiting_, while a batch is selected
  std::vector<Alarm> alarms_;
  Clock::time_point sleeps_until_ = Clock::time_point::max();
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace orpheus::snac
