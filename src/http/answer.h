#pragma once
// What a handler gives back: a response there and then, or a task that makes one on other threads
// and may send it piece by piece.

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

// Where a task puts its response: send() it whole, or begin() it, write() its body and finish(). A
// response that was begun but not finished when the task is done is broken off, so that the client
// can tell it from a whole one; a task that never began is answered as a fault of ours.
// Used by one thread at a time.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual void send(Response response) = 0;
  // Status and headers; the body follows.
  virtual void begin(Response head) = 0;
  // Never waits: a task is not stepped while the client is too far behind. False when the client
  // has left.
  virtual bool write(std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;
  // How long the task was held up by a client that reads slowly.
  virtual double seconds_held_up() const { return 0; }
};

// To be called, by any thread, when a task that waits can go on.
using Wake = std::function<void()>;

// Makes a response step by step. Belongs to one thread at a time.
class Task {
 public:
  enum class State {
    kMore,   // the next step has something to do
    kWaits,  // it has once wake was called
    kDone,
  };
  virtual ~Task() = default;
  // Does a little. A step must not wait for the client, nor for another task.
  virtual State step(ResponseWriter& out, const Wake& wake) = 0;
};

struct Work {
  // Speeches are bounded; errands, such as the sending of a file, wait for none of them.
  enum class Kind { kSpeech, kErrand };
  CancelToken cancel;  // cancelled as soon as the client leaves
  std::unique_ptr<Task> task;
  Kind kind = Kind::kSpeech;
  // Of a speech: how far its client has come, and about how many seconds it will last.
  std::shared_ptr<lm::Playback> playback = nullptr;
  double expected_seconds = 0;
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

using Answer = std::variant<Response, Work>;

}  // namespace orpheus::http
