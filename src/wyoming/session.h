#pragma once
// A client's session in Wyoming, without the socket: the client's events and the time go in; bytes
// and work come out (docs/home-assistant.md). A request is a text, whole (synthesize) or in parts
// (synthesize-start … synthesize-stop). Requests are spoken one after the other. An error ends the
// session: Home Assistant waits for audio-stop or the connection's end, and reads no errors.
// Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/answer.h"
#include "http/context.h"
#include "http/errors.h"
#include "http/request.h"
#include "http/request_log.h"
#include "http/speech_request.h"
#include "speech/live_text.h"
#include "text/markup/arriving.h"
#include "wyoming/event.h"

namespace orpheus::wyoming {

struct SendBytes {
  std::vector<std::byte> bytes;
  bool is_output = false;  // of the work in progress
};
// Begins work, whose response is passed to take_output(), take_refusal() and end_work(). One at a
// time.
struct BeginWork {
  http::Work work;
};
// A request was answered, for log and metrics. The connection knows the rest of the exchange.
struct Answered {
  http::Request asked;  // its path is the event's type
  http::Exchange exchange;
};
// Ends the session, after the bytes before it. Work in progress is cancelled.
struct Close {};
using Action = std::variant<SendBytes, BeginWork, Answered, Close>;

class Session {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class WorkEnd { kWhole, kBroken };

  // peer: the client's address. The context must outlive the session.
  Session(const http::Context& context, std::string peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void take(const Event& event, Time now);
  // The client's bytes are no events.
  void take_fault(const http::ApiError& fault, Time now);

  // What the work in progress wrote: whole events.
  void take_output(std::span<const std::byte> events);
  // The work was refused, or failed before it wrote anything; it has ended.
  void take_refusal(const http::Response& refusal);
  void end_work(WorkEnd end, Time now);

  // When tick() has something to do.
  std::optional<Time> due() const;
  void tick(Time now);

  // The server stops: the session closes after the request in progress.
  void drain(Time now);
  // The client left. What next() gives then is for the log.
  void leave();
  // Whether a request is in progress.
  bool is_working() const { return request_.has_value(); }
  // Whether its work has begun: the client waits for sound.
  bool has_begun_work() const { return request_ && request_->works; }
  // The client reads too few of its answers: take no further event.
  bool is_behind() const;

  // The next action, in order; nothing if there is none now.
  std::optional<Action> next();

 private:
  struct Spoken {
    http::Request asked;
    http::SpeechRequest speech;
    bool works = false;         // the work has begun
    size_t num_characters = 0;  // of the text
    // Of a text that arrives in parts:
    std::unique_ptr<text::markup::Arriving> arriving = {};
    Time last_input = {};
    bool has_stretch = false;  // something can be spoken
    bool has_ended = false;    // no more text comes
  };

  bool takes_text() const { return request_ && request_->arriving && !request_->has_ended; }
  Time expiry() const;
  void take_speech_event(const Event& event, Time now);
  void keep(const Event& event, Time now);
  void go_on(Time now);

  void describe(Time now);
  void answer_ping(const Event& event, Time now);
  void begin_whole(const Event& event, Time now);
  void begin_parts(const Event& event, Time now);
  void append(const Event& event, Time now);
  void end_text(Time now);
  void hand_over(Time now);
  void begin_work(Time now);

  http::Request asked_for(std::string_view type, Time now) const;
  void send(std::string_view type, std::string_view data = {});
  void finish(int status);
  void refuse(const http::ApiError& error, std::string_view type, Time now);
  void fail(const http::Response& refusal);
  void close();

  const http::Context& context_;
  const std::string peer_;
  std::optional<Spoken> request_;  // in progress
  std::deque<Event> later_;        // of requests behind it
  size_t num_later_bytes_ = 0;
  std::deque<Action> actions_;
  size_t num_answer_bytes_ = 0;  // in actions_, without the output of work
  bool is_draining_ = false;
  bool is_closed_ = false;
};

}  // namespace orpheus::wyoming
