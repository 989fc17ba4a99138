#pragma once
// The way of a response from the task that makes it to the connection that sends it. While more
// than a bounded number of bytes is in it the task is not stepped: a slow client slows its own
// speech down and holds no thread. The ResponseWriter side belongs to the task's thread, the rest
// to the connection's.

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/cancel.h"
#include "http/answer.h"

namespace orpheus::http {

class ResponseChannel final : public ResponseWriter {
 public:
  enum class State {
    kOpen,      // more is to come
    kFinished,  // the response is whole
    kBroken,    // its maker gave up in the middle
  };
  struct Progress {
    std::optional<Response> whole;  // all of it at once, or
    std::optional<Response> head;   // its head, once, and then
    std::vector<std::byte> bytes;   // the next piece of its body
    State state = State::kOpen;     // once every byte has been taken
  };

  // progress: take() has something new to say, for the first time since; called by the task's
  // thread, without a lock.
  ResponseChannel(size_t capacity_bytes, CancelToken cancel, std::function<void()> progress);

  // The task's side.
  void send(Response response) override;
  void begin(Response head) override;
  bool write(std::span<const std::byte> bytes) override;
  void finish() override;
  double seconds_held_up() const override;
  // Whether the task may go on: fewer bytes than the capacity are in the channel, or the client
  // left. wake, the same at every call, is called when that becomes true, and when the client
  // leaves.
  bool has_room(const Wake& wake);
  // The task is done: what it did not finish is broken, what it did not begin a fault of ours.
  void close();

  // The connection's side. Taking says that what was taken before has reached the client, which
  // makes room for more.
  Progress take();
  // The client left, or has been given up: cancels the task and wakes it. What was made before can
  // still be taken.
  void leave();

 private:
  using Clock = std::chrono::steady_clock;

  const size_t capacity_bytes_;
  const CancelToken cancel_;
  const std::function<void()> progress_;

  bool has_room() const;
  Wake let_go_on();

  // Changes what take() will say, and tells of it.
  template <typename Change>
  void change(Change change);
  void tell();

  mutable std::mutex mutex_;
  Progress next_;                              // but for its bytes:
  std::deque<std::vector<std::byte>> pieces_;  // written, and not taken yet
  size_t num_pending_bytes_ = 0;               // of the pieces
  size_t num_taken_bytes_ = 0;                 // on their way to the client
  bool told_ = false;                          // of progress, since take()
  bool began_ = false;
  bool left_ = false;
  Wake wake_;
  std::optional<Clock::time_point> held_up_since_;
  Clock::duration held_up_{};
};

}  // namespace orpheus::http
