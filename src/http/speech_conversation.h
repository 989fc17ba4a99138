#pragma once
// The protocol of WS /v1/audio/speech/stream (docs/live.md): text comes in parts, sound goes out
// while it comes. A turn is a text from its first part to input_text.end; its sound is a response.
// Turns are spoken one after the other. Belongs to the I/O thread.

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/context.h"
#include "http/conversation.h"
#include "http/errors.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/speech_messages.h"
#include "http/speech_session.h"
#include "http/turn.h"

namespace orpheus::http {

class SpeechConversation final : public Conversation {
 public:
  using Key = SocketKey;
  // asked: the request for the socket. The context must outlive the conversation.
  SpeechConversation(const Context& context, Request asked, Key key);

  void open(Time now) override;
  void take_text(std::string_view message, Time now) override;
  void take_binary(std::span<const std::byte> message, Time now) override;
  void take_output(WorkId work, std::span<const std::byte> bytes, Time now) override;
  void take_refusal(WorkId work, const http::Response& refusal, Time now) override;
  void end_work(WorkId work, WorkEnd end, Time now) override;
  std::optional<Time> due() const override;
  void tick(Time now) override;
  void drain(Time now) override;
  bool is_working() const override { return !responses_.empty(); }
  std::optional<Action> next() override;

 private:
  using Json = nlohmann::ordered_json;

  struct Response {
    std::string id;
    std::unique_ptr<Turn> turn;
    SpeechMessages::Sound sound = SpeechMessages::Sound::kBase64;
    bool has_failed = false;  // the rest of its text is ignored
  };

  // The response whose turn takes text; null if there is none.
  Response* open_response();
  const Response* open_response() const;
  // When a turn without further text ends.
  Time expiry(const Turn& turn) const;

  void take_key(JsonBody& body, std::string_view message, Time now);
  void update(std::string_view message, std::string_view answer);
  void append(JsonBody& body, Time now);
  void flush(Time now);
  void end(Time now);
  void cancel(JsonBody& body, Time now);

  // Nothing if it cannot begin; the client then knows why.
  Response* begin_response(Time now);
  void begin_work(Time now);
  void fail_first();
  void close_if_drained();

  void send(const Json& event);
  void refuse(const ApiError& error, std::string_view response_id = {});
  void close(uint16_t code, std::string reason);

  const Context& context_;
  Request asked_;  // with the key, once it is known
  std::optional<Time> key_due_;
  const std::string id_;
  SpeechSession session_;
  std::deque<Response> responses_;  // the first one is spoken, the last one takes text
  bool works_ = false;              // for the first one
  bool ignores_text_ = false;       // of a turn that was refused, up to its end
  std::optional<Response> last_;    // whose sound was sent whole
  std::deque<Action> actions_;
  bool is_draining_ = false;
  bool is_closed_ = false;
};

}  // namespace orpheus::http
