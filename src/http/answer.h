#pragma once
// A handler's result: a finished response, a task that makes the response on other threads and may
// send it piece by piece, or a conversation over a WebSocket.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/cancel.h"
#include "http/response.h"
#include "lm/playback.h"

namespace orpheus::http {

// Receives a task's response: send() a whole one, or begin(), write() its body and finish(). If a
// task ends without finish(), the connection is broken, so that the client can tell an incomplete
// response. If it ends without begin(), the client gets an internal error. A task that was
// cancelled may still write how its response ends, and finish it. Used by one thread at a time.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual void send(Response response) = 0;
  // Status and headers; the body follows.
  virtual void begin(Response head) = 0;
  // Never waits, because a task is not stepped while the client is too far behind. False if the
  // task shall end: the client has left, or the server stops. A stopping server still sends the
  // bytes.
  virtual bool write(std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;
  // Seconds that the task was held up by a slow client.
  virtual double seconds_held_up() const { return 0; }
};

// Any thread calls this when a waiting task can go on.
using Wake = std::function<void()>;

// Makes a response step by step. Belongs to one thread at a time.
class Task {
 public:
  enum class State {
    kMore,            // the next step has something to do
    kWaits,           // the next step has something to do once wake was called
    kWaitsForClient,  // the same; the client has to send something, so it does not count as busy
    kDone,
  };
  virtual ~Task() = default;
  // Does a small part of the work. A step must not wait for the client or for another task.
  virtual State step(ResponseWriter& out, const Wake& wake) = 0;
};

struct Work {
  // The number of speeches is bounded. Errands, such as sending a file, do not wait for speeches.
  enum class Kind { kSpeech, kErrand };
  CancelToken cancel;  // cancelled as soon as the client leaves
  std::unique_ptr<Task> task;
  Kind kind = Kind::kSpeech;
  // For a speech: its client's playback, and its expected length in seconds.
  std::shared_ptr<lm::Playback> playback = nullptr;
  double expected_seconds = 0;
  bool is_last_try = false;  // set by the connection: the client gives up if it is refused
  // And for the log, whose voice it is and how long its text.
  std::string voice = {};
  size_t num_characters = 0;
};

// A task of one step.
template <typename Run>
std::unique_ptr<Task> task_of(Run run) {
  class Once final : public Task {
   public:
    explicit Once(Run run) : run_(std::move(run)) {}
    State step(ResponseWriter& out, const Wake& /*wake*/) override {
      run_(out);
      return State::kDone;
    }

   private:
    Run run_;
  };
  return std::make_unique<Once>(std::move(run));
}

// For a request that asks for a WebSocket.
class Conversation;  // conversation.h
struct Upgrade {
  std::shared_ptr<Conversation> conversation;
  std::string subprotocol = {};  // one of the offered ones; empty: none
};

using Answer = std::variant<Response, Work, Upgrade>;

}  // namespace orpheus::http
