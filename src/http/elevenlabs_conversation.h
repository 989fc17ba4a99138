#pragma once
// The protocols of ElevenLabs' sockets, WS /v1/text-to-speech/{voice_id}/stream-input and
// …/multi-stream-input (docs/agents.md). A context is a text from its first part to its end. A
// multi-stream socket has several, which are spoken at the same time; the other socket has one, and
// closes with it. Belongs to the I/O thread.

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "http/context.h"
#include "http/conversation.h"
#include "http/elevenlabs_message.h"
#include "http/errors.h"
#include "http/request.h"
#include "http/turn.h"

namespace orpheus::http {

class ElevenLabsConversation final : public Conversation {
 public:
  enum class Contexts { kOne, kSeveral };
  // asked: the request for the socket. settings: of its path and query; an error is told when the
  // socket is open and the key is known. The context must outlive the conversation.
  ElevenLabsConversation(const Context& context, Request asked, SocketKey key, Contexts contexts,
                         tl::expected<ElevenLabsSettings, ApiError> settings);

  void open(Time now) override;
  void take_text(std::string_view message, Time now) override;
  void take_binary(std::span<const std::byte> message, Time now) override;
  void take_output(WorkId work, std::span<const std::byte> bytes, Time now) override;
  void take_refusal(WorkId work, const Response& refusal, Time now) override;
  void end_work(WorkId work, WorkEnd end, Time now) override;
  std::optional<Time> due() const override;
  void tick(Time now) override;
  void drain(Time now) override;
  bool is_working() const override;
  std::optional<Action> next() override;

 private:
  using Json = nlohmann::ordered_json;

  // A text and its speech.
  struct Text {
    std::optional<std::string> id;  // the client's context_id
    WorkId work = 0;
    Turn::Settings settings;
    Time last_input;
    std::unique_ptr<Turn> turn = {};  // from the first words on
    bool is_flushed = false;          // all that has arrived
    bool is_closing = false;          // takes no more text
    bool was_closed = false;          // by a close_context
    bool works = false;
    ElevenLabsMessages::Failure failure = std::make_shared<std::atomic<uint16_t>>(uint16_t{0});
    bool has_failed = false;  // its client knows; the rest of its text is ignored
  };
  using Place = std::list<Text>::iterator;

  bool take_key(const ElevenLabsMessage& message);
  void check_settings();
  void take_single(const ElevenLabsMessage& message, Time now);
  void take_multi(const ElevenLabsMessage& message, Time now);
  void close_context(const std::optional<std::string>& id, Time now);
  Place find_for_close(const std::optional<std::string>& id);

  // The text of this id that takes more; texts_.end() if there is none.
  Place find_open(const std::optional<std::string>& id);
  Place find_work(WorkId work);
  // Nothing if the socket has too many. It is closed then.
  std::optional<Place> begin_text(const ElevenLabsMessage& message, Time now);
  void append(Place place, const ElevenLabsMessage& message, Time now);
  // No more text comes; what has arrived is spoken.
  void end(Place place, Time now);
  void end_all(Time now);
  void begin_work(Place place, Time now);
  // The client has all of it.
  void finish(Place place);
  void fail(Place place, const ApiError& error);
  void stop_work(WorkId work);
  void drop(Place place);
  void erase(Place place);
  void tell_expiry();

  void send(const Json& message);
  // Tells an error of the socket and closes it.
  void refuse(const ApiError& error);
  // After all that was asked for, or because the server stops.
  void close(uint16_t code);
  void close(uint16_t code, std::string reason);

  const Context& context_;
  Request asked_;  // with the key, once it is known
  const Contexts contexts_;
  tl::expected<ElevenLabsSettings, ApiError> settings_;
  std::optional<Time> key_due_;
  Time last_message_ = {};
  std::list<Text> texts_;
  WorkId next_work_ = 0;
  std::deque<Action> actions_;
  bool has_begun_ = false;                    // a text, on a socket that has one
  bool has_expired_ = false;                  // no text came for too long
  std::optional<uint16_t> closes_with_ = {};  // after the last text
  bool is_closed_ = false;
};

}  // namespace orpheus::http
