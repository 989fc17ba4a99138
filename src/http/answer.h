#pragma once
// What a handler gives back: a response there and then, or work that makes one on another thread
// and may send it piece by piece.

#include <cstddef>
#include <functional>
#include <span>
#include <variant>

#include "base/cancel.h"
#include "http/response.h"

namespace orpheus::http {

// Where work puts its response: send() it whole, or begin() it, write() its body and finish(). A
// response that was begun but not finished when the work returns is broken off, so that the client
// can tell it from a whole one; work that never began is answered as a fault of ours.
// Used by one thread.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual void send(Response response) = 0;
  // Status and headers; the body follows.
  virtual void begin(Response head) = 0;
  // Waits while the listener is too far behind. False when he has left.
  virtual bool write(std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;
};

struct Work {
  // Speeches wait for each other's places; errands, such as the sending of a file, wait for none of
  // them.
  enum class Kind { kSpeech, kErrand };
  CancelToken cancel;  // cancelled as soon as the listener leaves
  std::function<void(ResponseWriter&)> run;
  Kind kind = Kind::kSpeech;
};

using Answer = std::variant<Response, Work>;

}  // namespace orpheus::http
