#include "http/speech_conversation.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "http/websocket_handshake.h"
#include "text/words.h"

namespace orpheus::http {
namespace {

constexpr size_t kMostTurns = 8;  // whose sound was not sent whole
// Close codes of RFC 6455.
constexpr uint16_t kGoingAway = 1001;
constexpr uint16_t kUnsupportedData = 1003;
constexpr uint16_t kPolicyViolation = 1008;

std::string fresh_id(std::string_view prefix) {
  return std::string(prefix) + request_id(std::nullopt).substr(std::string_view("req_").size());
}

ApiError invalid(std::string message, std::string code, std::string param = {}) {
  return {.status = 400,
          .message = std::move(message),
          .param = std::move(param),
          .code = std::move(code)};
}

}  // namespace

SpeechConversation::SpeechConversation(const Context& context, Request asked, Key key)
    : context_(context), asked_(std::move(asked)), id_(fresh_id("sess_")), session_(context) {
  if (key == Key::kExpected) key_due_ = Time::max();  // until it is open
}

void SpeechConversation::open(Time now) {
  if (key_due_) {
    key_due_ = now + context_.live.now().options->header_timeout;
  } else {
    send({{"type", "session.created"}, {"session", session_.json(id_)}});
  }
}

void SpeechConversation::take_text(std::string_view message, Time now) {
  if (is_closed_) return;
  auto body = JsonBody::parse(message);
  if (!body) return refuse(body.error());
  const std::string type = body->text("type").value_or("");
  if (key_due_) return take_key(*body, message, now);
  if (type == "session.update") {
    update(message, "session.updated");
  } else if (type == "input_text.append") {
    append(*body, now);
  } else if (type == "input_text.flush") {
    flush(now);
  } else if (type == "input_text.end") {
    end(now);
  } else if (type == "response.cancel") {
    cancel(*body, now);
  } else {
    refuse(invalid(fmt::format("unknown type of message: '{}' (expected session.update, "
                               "input_text.append, input_text.flush, input_text.end or "
                               "response.cancel)",
                               excerpt(type)),
                   "unknown_type", "type"));
  }
}

void SpeechConversation::take_binary(std::span<const std::byte> /*message*/, Time /*now*/) {
  if (!is_closed_) close(kUnsupportedData, "messages are JSON texts");
}

// The first message of a client that could not send its key as a header. The key is handled like
// one of the request.
void SpeechConversation::take_key(JsonBody& body, std::string_view message, Time /*now*/) {
  const auto key = body.text("type") == "session.update" ? body.text("api_key") : std::nullopt;
  auto asked = with_key(*context_.live.now().options, asked_, key.value_or(""));
  if (!key || !asked) {
    refuse({.status = 401,
            .message = key ? "this API key is not valid"
                           : "an API key is needed: send it with the request, or as api_key of a "
                             "session.update before everything else",
            .code = "invalid_api_key"});
    return close(kPolicyViolation, "no valid API key");
  }
  asked_ = std::move(*asked);
  key_due_.reset();
  update(message, "session.created");
}

void SpeechConversation::update(std::string_view message, std::string_view answer) {
  if (const auto updated = session_.update(message); !updated) return refuse(updated.error());
  send({{"type", answer}, {"session", session_.json(id_)}});
}

// --- text -----------------------------------------------------------------------------------

SpeechConversation::Response* SpeechConversation::begin_response(Time now) {
  Response response{.id = fresh_id("resp_")};
  ignores_text_ = true;  // until the end of this text, unless the turn begins
  if (responses_.size() >= kMostTurns) {
    refuse({.status = 429,
            .message = fmt::format("{} texts wait to be spoken already", kMostTurns),
            .code = "rate_limit_exceeded"},
           response.id);
    return nullptr;
  }
  auto turn = Turn::begin(context_, asked_, session_.settings().turn, now);
  if (!turn) {
    const bool is_revoked = turn.error().status == 401;
    refuse(turn.error(), is_revoked ? "" : response.id);
    if (is_revoked) close(kPolicyViolation, "no valid API key");
    return nullptr;
  }
  response.turn = std::move(*turn);
  if (session_.settings().sends_binary) response.sound = SpeechMessages::Sound::kBinary;
  responses_.push_back(std::move(response));
  ignores_text_ = false;
  return &responses_.back();
}

void SpeechConversation::append(JsonBody& body, Time now) {
  const auto text = body.text("text");
  if (body.error()) return refuse(*body.error());
  if (!text)
    return refuse(
        invalid("text is missing (expected a string)", "missing_required_parameter", "text"));
  if (text->empty() || ignores_text_) return;
  Response* response = open_response();
  if (response == nullptr) response = begin_response(now);
  if (response == nullptr || response->has_failed) return;
  auto appended = response->turn->append(*text, now);
  if (appended) return begin_work(now);
  appended.error().message += ". Send input_text.end, and go on with another text.";
  refuse(appended.error(), response->id);
  if (response->turn->is_empty()) {
    responses_.pop_back();
  } else {
    end(now);  // what came before is spoken
  }
  ignores_text_ = true;
}

void SpeechConversation::flush(Time now) {
  Response* response = open_response();
  if (response == nullptr || response->has_failed) return;
  response->turn->flush();
  begin_work(now);
}

void SpeechConversation::end(Time now) {
  if (std::exchange(ignores_text_, false)) return;
  Response* response = open_response();
  if (response == nullptr)
    return refuse(invalid("there is no text to end (send input_text.append first)", "no_text"));
  if (response->has_failed) {
    responses_.pop_back();
    return close_if_drained();
  }
  response->turn->end();
  begin_work(now);
}

SpeechConversation::Response* SpeechConversation::open_response() {
  return responses_.empty() || responses_.back().turn->has_ended() ? nullptr : &responses_.back();
}

const SpeechConversation::Response* SpeechConversation::open_response() const {
  return responses_.empty() || responses_.back().turn->has_ended() ? nullptr : &responses_.back();
}

Conversation::Time SpeechConversation::expiry(const Turn& turn) const {
  return turn.last_input() + context_.live.now().options->idle_timeout;
}

std::optional<Conversation::Time> SpeechConversation::due() const {
  if (key_due_) return key_due_;
  const Response* response = open_response();
  if (response == nullptr) return std::nullopt;
  const Time expires = expiry(*response->turn);
  const auto cuts = response->has_failed ? std::nullopt : response->turn->due();
  return cuts ? std::min(*cuts, expires) : expires;
}

void SpeechConversation::tick(Time now) {
  if (is_closed_) return;
  if (key_due_) {
    if (*key_due_ <= now) close(kPolicyViolation, "no API key came in time");
    return;
  }
  Response* response = open_response();
  if (response == nullptr) return;
  // A client that went away in the middle of a text must not keep a server from stopping.
  if (expiry(*response->turn) <= now) return end(now);
  if (response->has_failed) return;
  response->turn->tick(now);
  begin_work(now);
}

// --- responses ------------------------------------------------------------------------------

// Begins to speak the first turn if something of it can be spoken.
void SpeechConversation::begin_work(Time now) {
  while (!works_ && !responses_.empty() && !responses_.front().has_failed) {
    Response& first = responses_.front();
    if (!first.turn->has_stretch() && !first.turn->has_ended()) return;
    if (!first.turn->has_stretch()) {
      refuse(invalid("the text contains nothing to speak", "missing_required_parameter", "text"),
             first.id);
      fail_first();
      continue;
    }
    auto work = first.turn->work(
        asked_, std::make_unique<SpeechMessages>(first.id, first.sound, first.turn->request()),
        now);
    if (!work) {
      refuse(work.error(), first.id);
      fail_first();
      continue;
    }
    send({{"type", "response.created"}, {"response_id", first.id}});
    works_ = true;
    actions_.push_back(BeginWork{.work = std::move(*work)});
  }
  close_if_drained();
}

// The first turn gives no more sound. The rest of its text is ignored.
void SpeechConversation::fail_first() {
  if (responses_.front().turn->has_ended()) {
    responses_.pop_front();
  } else {
    responses_.front().has_failed = true;
  }
}

void SpeechConversation::take_output(WorkId /*work*/, std::span<const std::byte> bytes, Time now) {
  if (!works_) return;
  for (SendMessage& message : responses_.front().turn->take_output(0, bytes, now))
    actions_.emplace_back(std::move(message));
}

void SpeechConversation::take_refusal(WorkId /*work*/, const http::Response& refusal, Time now) {
  if (!works_) return;
  works_ = false;
  Json event = Json::parse(refusal.body, nullptr, false);
  if (event.is_object()) {
    event["type"] = "error";
    event["response_id"] = responses_.front().id;
    for (const Header& header : refusal.headers) {
      if (header.name == "Retry-After")
        event["error"]["retry_after_seconds"] = Json::parse(header.value, nullptr, false);
    }
    send(event);
  }
  fail_first();
  begin_work(now);
}

void SpeechConversation::end_work(WorkId /*work*/, WorkEnd end, Time now) {
  if (!works_) return;
  works_ = false;
  if (end == WorkEnd::kBroken) {
    refuse({.status = 500, .message = "the server failed to answer"}, responses_.front().id);
    fail_first();
  } else if (responses_.front().turn->has_ended()) {
    last_ = std::move(responses_.front());
    responses_.pop_front();
  } else {
    fail_first();  // the work has told why it ended before its text
  }
  begin_work(now);
}

void SpeechConversation::cancel(JsonBody& body, Time now) {
  ignores_text_ = false;
  constexpr double kMostPlayedMs = 1e12;
  const auto played_ms = body.number("played_ms", 0, kMostPlayedMs);
  const auto response_id = body.text("response_id");
  if (body.error()) return refuse(*body.error());
  // The client may still play a response that was sent whole.
  const bool is_first = !responses_.empty() && responses_.front().turn->sent_seconds() > 0 &&
                        (!response_id || *response_id == responses_.front().id);
  const Response* heard = is_first ? &responses_.front() : last_ ? &*last_ : nullptr;
  if (heard != nullptr && response_id && *response_id != heard->id) heard = nullptr;
  Json event = {{"type", "response.cancelled"},
                {"response_id", heard == nullptr ? Json() : Json(heard->id)}};
  if (heard != nullptr) {
    const double played_s = played_ms ? *played_ms / 1000 : heard->turn->played_seconds(now);
    const std::string text = heard->turn->text();
    const text::Utf16Offsets utf16(text);
    const text::Range place = heard->turn->heard_at(played_s);
    event["played_ms"] = played_s * 1000;
    event["begin"] = place.begin;
    event["end"] = place.end;
    event["begin_utf16"] = utf16.at(place.begin);
    event["end_utf16"] = utf16.at(place.end);
    event["word"] = heard->turn->word_at(played_s);
    event["heard_text"] = text.substr(0, place.begin);
  }
  if (std::exchange(works_, false)) {
    // Sound that was not sent yet is not sent any more.
    std::erase_if(actions_, [](const Action& action) {
      const auto* message = std::get_if<SendMessage>(&action);
      return std::holds_alternative<BeginWork>(action) ||
             (message != nullptr && message->output_of.has_value());
    });
    actions_.push_back(DropWork{});
  }
  responses_.clear();
  last_.reset();
  send(event);
  close_if_drained();
}

// --- the end --------------------------------------------------------------------------------

void SpeechConversation::drain(Time now) {
  if (is_closed_ || std::exchange(is_draining_, true)) return;
  // What has arrived of a text that is being spoken is spoken to its end. Another is refused.
  if (open_response() != nullptr) return end(now);
  close_if_drained();
}

void SpeechConversation::close_if_drained() {
  if (is_draining_ && responses_.empty() && !is_closed_)
    close(kGoingAway, "the server is stopping");
}

void SpeechConversation::close(uint16_t code, std::string reason) {
  is_closed_ = true;
  key_due_.reset();
  responses_.clear();
  works_ = false;
  actions_.push_back(CloseSocket{.code = code, .reason = std::move(reason)});
}

void SpeechConversation::send(const Json& event) {
  const std::string text = event.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto bytes = std::as_bytes(std::span(text));
  actions_.push_back(SendMessage{.payload = {bytes.begin(), bytes.end()}});
}

void SpeechConversation::refuse(const ApiError& error, std::string_view response_id) {
  Json event = Json::parse(error_response(error).body);
  event["type"] = "error";
  if (!response_id.empty()) event["response_id"] = response_id;
  send(event);
}

std::optional<Action> SpeechConversation::next() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

}  // namespace orpheus::http
