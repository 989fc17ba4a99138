#pragma once
// A client's conversation over a WebSocket, without the socket: messages come in, actions go out.
// Each protocol is one implementation. The time is an argument. Belongs to the I/O thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/answer.h"

namespace orpheus::http {

// Names a work of a conversation. A conversation names no two works alike while both are in
// progress.
using WorkId = uint32_t;

struct SendMessage {
  bool is_binary = false;
  std::optional<WorkId> output_of = {};  // nothing: the conversation's own
  std::vector<std::byte> payload = {};
};
// Begins work, whose response is passed to take_output(), take_refusal() and end_work(). Works of
// different names are in progress at the same time; their number is bounded by the conversation.
struct BeginWork {
  Work work;
  WorkId id = 0;
};
// Cancels this work, if it is in progress. Its output is dropped, and end_work() is not called.
struct DropWork {
  WorkId id = 0;
};
// Ends the conversation, after the messages before it.
struct CloseSocket {
  uint16_t code = 1000;     // RFC 6455, 7.4.1
  std::string reason = {};  // up to 123 bytes
};
using Action = std::variant<SendMessage, BeginWork, DropWork, CloseSocket>;

// When a client shows its key.
enum class SocketKey {
  kGiven,     // with the request, or none is needed
  kExpected,  // in the first message
};

class Conversation {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class WorkEnd { kWhole, kBroken };

  virtual ~Conversation() = default;

  // Call first, when the socket is open.
  virtual void open(Time now) = 0;
  // A whole message of the client, in UTF-8.
  // Its answers are bounded: next() gives a few actions for each message.
  virtual void take_text(std::string_view message, Time now) = 0;
  virtual void take_binary(std::span<const std::byte> message, Time now) = 0;

  // What a work in progress wrote.
  virtual void take_output(WorkId work, std::span<const std::byte> bytes, Time now) = 0;
  // The work was refused, or failed before it wrote anything; it has ended.
  virtual void take_refusal(WorkId work, const Response& refusal, Time now) = 0;
  virtual void end_work(WorkId work, WorkEnd end, Time now) = 0;

  // When tick() has something to do.
  virtual std::optional<Time> due() const = 0;
  virtual void tick(Time now) = 0;

  // The server stops: the conversation closes after what was begun.
  virtual void drain(Time now) = 0;
  // Whether the client waits for something.
  virtual bool is_working() const = 0;

  // The next action, in order; nothing if there is none now.
  virtual std::optional<Action> next() = 0;
};

}  // namespace orpheus::http
