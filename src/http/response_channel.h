#pragma once
// Carries a response from its task to its connection. If the channel is full, the task is
// not stepped, so a slow client slows only its own speech and holds no thread. The
// ResponseWriter side belongs to the task's thread, the other side to the connection's
// thread.

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
    kFinished,  // the response is complete
    kBroken,    // the task ended in the middle
  };
  struct Progress {
    std::optional<Response> whole;  // the whole response, or
    std::optional<Response> head;   // its head, once, and then
    std::vector<std::byte> bytes;   // the next piece of its body
    State state = State::kOpen;     // once every byte has been taken
  };

  // progress is called, by the task's thread and without a lock, when take() has news for the first
  // time since the last take().
  ResponseChannel(size_t capacity_bytes, CancelToken cancel, std::function<void()> progress);

  // The task's side.
  void send(Response response) override;
  void begin(Response head) override;
  bool write(std::span<const std::byte> bytes) override;
  void finish() override;
  double seconds_held_up() const override;
  // Whether the task may go on: the channel has room, or the client left.
  // Otherwise wake is called when that becomes true. wake must be the same at
  // every call.
  bool has_room(const Wake& wake);
  // Ends the task's side. Of a finished response it takes no memory. An unfinished response is
  // broken; one not begun is an internal error.
  void close();

  // The connection's side. take() also means that the bytes taken before have reached the client,
  // which makes room.
  Progress take();
  // Call when the client left or is given up. Cancels the task and wakes it. Takes no memory. Bytes
  // in the channel can still be taken; later ones are dropped.
  void leave();
  // Call when the server stops. Cancels the task and wakes it. Takes no memory. The client stays:
  // take() also gives what the task writes about its end.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  const size_t capacity_bytes_;
  const CancelToken cancel_;
  const std::function<void()> progress_;

  bool has_room() const;
  bool let_go_on();
  void end_task(bool& reason);

  // Changes the result of take() and reports progress.
  template <typename Change>
  void change(Change change);

  mutable std::mutex mutex_;
  Progress next_;                              // without its bytes:
  std::deque<std::vector<std::byte>> pieces_;  // written, and not taken yet
  size_t num_pending_bytes_ = 0;               // of the pieces
  size_t num_taken_bytes_ = 0;                 // on their way to the client
  bool told_ = false;                          // progress was called since take()
  bool began_ = false;
  bool left_ = false;
  bool stopped_ = false;
  Wake wake_;  // set once, and from then on called without the lock: a copy would take memory
  std::optional<Clock::time_point> held_up_since_;
  Clock::duration held_up_{};
};

}  // namespace orpheus::http
