#pragma once
// The way of a response from the thread that makes it to the connection that sends it. It holds a
// bounded number of bytes: a slow listener slows the maker down. The ResponseWriter side belongs to
// the maker's thread, the rest to the connection's.

#include <condition_variable>
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
  enum class Waiting { kBegins, kEnds };
  struct Progress {
    std::optional<Response> whole;  // all of it at once, or
    std::optional<Response> head;   // its head, once, and then
    std::vector<std::byte> bytes;   // the next piece of its body
    State state = State::kOpen;     // once every byte has been taken
  };

  // What happens on the maker's thread; both are called without a lock.
  struct Observer {
    std::function<void()> progress;  // take() has something new to say, for the first time since
    std::function<void(Waiting)> waiting = [](Waiting) {};  // for room: the listener is slow
  };
  ResponseChannel(size_t capacity_bytes, CancelToken cancel, Observer observer);

  // The maker's side.
  void send(Response response) override;
  void begin(Response head) override;
  bool write(std::span<const std::byte> bytes) override;
  void finish() override;
  // The maker is done: what it did not finish is broken, what it did not begin a fault of ours.
  void close();

  // The connection's side. Taking says that what was taken before has reached the listener, which
  // makes room for more.
  Progress take();
  // The listener left, or has been given up: cancels the work and wakes its maker. What was made
  // before can still be taken.
  void leave();

 private:
  const size_t capacity_bytes_;
  const CancelToken cancel_;
  const Observer observer_;

  bool has_room_for(size_t num_bytes) const;

  // Changes what take() will say, and tells of it.
  template <typename Change>
  void change(Change change);

  std::mutex mutex_;
  std::condition_variable room_;
  Progress next_;                              // but for its bytes:
  std::deque<std::vector<std::byte>> pieces_;  // written, and not taken yet
  size_t num_pending_bytes_ = 0;               // of the pieces
  size_t num_taken_bytes_ = 0;                 // on their way to the listener
  bool told_ = false;                          // of progress, since take()
  bool began_ = false;
  bool left_ = false;
};

}  // namespace orpheus::http
