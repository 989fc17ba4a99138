#include "http/speech_conversation.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "base/utf8.h"
#include "http/access.h"
#include "http/live_speech.h"
#include "http/speech_api.h"
#include "speech/live_text.h"
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

SpeechConversation::~SpeechConversation() {
  for (const Turn& turn : turns_) turn.session.request.speech.cancel.cancel();
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
  Request with_key = asked_;
  if (key) with_key.headers.insert(with_key.headers.begin(), {"Authorization", "Bearer " + *key});
  const auto refusal = refuse_access(*context_.live.now().options, Access::kKey, with_key);
  if (!key || refusal) {
    refuse({.status = 401,
            .message = key ? "this API key is not valid"
                           : "an API key is needed: send it with the request, or as api_key of a "
                             "session.update before everything else",
            .code = "invalid_api_key"});
    return close(kPolicyViolation, "no valid API key");
  }
  asked_ = std::move(with_key);
  key_due_.reset();
  update(message, "session.created");
}

void SpeechConversation::update(std::string_view message, std::string_view answer) {
  if (const auto updated = session_.update(message); !updated) return refuse(updated.error());
  send({{"type", answer}, {"session", session_.json(id_)}});
}

// --- text -----------------------------------------------------------------------------------

SpeechConversation::Turn* SpeechConversation::begin_turn(Time now) {
  // A reload may have revoked the key.
  if (refuse_access(*context_.live.now().options, Access::kKey, asked_)) {
    refuse({.status = 401, .message = "the API key is no longer valid", .code = "invalid_api_key"});
    close(kPolicyViolation, "no valid API key");
    return nullptr;
  }
  Turn turn{.id = fresh_id("resp_"), .session = session_.settings(), .last_input = now};
  ignores_text_ = true;  // until the end of this text, unless the turn begins
  if (turns_.size() >= kMostTurns) {
    refuse({.status = 429,
            .message = fmt::format("{} texts wait to be spoken already", kMostTurns),
            .code = "rate_limit_exceeded"},
           turn.id);
    return nullptr;
  }
  SpeechRequest& request = turn.session.request;
  request.speech.cancel = CancelToken();
  auto prepared = prepare_speech(context_, asked_, request);
  if (!prepared) {
    refuse(prepared.error(), turn.id);
    return nullptr;
  }
  const speech::Synthesiser& synthesiser = *prepared->synthesiser;
  auto voice = synthesiser.voice_for(request.speech);
  const std::string language = !request.speech.language.empty() ? request.speech.language
                               : voice                          ? voice->language
                                                                : "";
  turn.arriving = std::make_unique<text::markup::Arriving>(text::markup::ArrivalOptions{
      .format = request.speech.format,
      .cuts = {.language = language,
               .drops_thoughts = request.speech.markup.drops_thoughts,
               .keeps_lines = !request.speech.markup.cast.empty()},
      .pause = turn.session.pause,
      .patience = std::max(turn.session.pause, turn.session.patience)});
  turn.text = std::make_shared<speech::LiveText>();
  turn.heard = std::make_shared<Heard>(synthesiser.characters_per_second(request.speech.voice) *
                                       request.speed);
  request.speech.live = turn.text;
  turns_.push_back(std::move(turn));
  ignores_text_ = false;
  return &turns_.back();
}

void SpeechConversation::append(JsonBody& body, Time now) {
  const auto text = body.text("text");
  if (body.error()) return refuse(*body.error());
  if (!text)
    return refuse(
        invalid("text is missing (expected a string)", "missing_required_parameter", "text"));
  if (text->empty() || ignores_text_) return;
  Turn* turn = open_turn();
  if (turn == nullptr) turn = begin_turn(now);
  if (turn == nullptr || turn->has_failed) return;
  const size_t length = turn->num_code_points + count_code_points(*text);
  const size_t most = context_.live.now().options->max_input_code_points;
  if (length > most) {
    refuse(invalid(fmt::format("the text is too long (expected at most {} characters, found {}). "
                               "Send input_text.end, and go on with another text.",
                               most, length),
                   "string_above_max_length", "text"),
           turn->id);
    if (turn->num_code_points == 0) {
      turns_.pop_back();
    } else {
      end(now);  // what came before is spoken
    }
    ignores_text_ = true;
    return;
  }
  turn->last_input = now;
  turn->num_code_points = length;
  if (const auto appended = turn->arriving->append(*text, now); !appended)
    return refuse(api_error(appended.error()), turn->id);
  hand_over(*turn, now);
}

void SpeechConversation::flush(Time now) {
  Turn* turn = open_turn();
  if (turn == nullptr || turn->has_failed) return;
  turn->arriving->flush();
  hand_over(*turn, now);
}

void SpeechConversation::end(Time now) {
  if (std::exchange(ignores_text_, false)) return;
  Turn* turn = open_turn();
  if (turn == nullptr)
    return refuse(invalid("there is no text to end (send input_text.append first)", "no_text"));
  if (turn->has_failed) {
    turns_.pop_back();
    return close_if_drained();
  }
  turn->has_ended = true;
  // A part of a character cannot be left: messages are in UTF-8.
  if (const auto ended = turn->arriving->end(); !ended) refuse(api_error(ended.error()), turn->id);
  hand_over(*turn, now);
}

void SpeechConversation::hand_over(Turn& turn, Time now) {
  while (auto stretch = turn.arriving->next()) {
    turn.has_stretch = true;
    turn.text->push(std::move(*stretch));
  }
  if (turn.has_ended) turn.text->end();
  begin_work(now);
}

SpeechConversation::Turn* SpeechConversation::open_turn() {
  return turns_.empty() || turns_.back().has_ended ? nullptr : &turns_.back();
}

const SpeechConversation::Turn* SpeechConversation::open_turn() const {
  return turns_.empty() || turns_.back().has_ended ? nullptr : &turns_.back();
}

Conversation::Time SpeechConversation::expiry(const Turn& turn) const {
  return turn.last_input + context_.live.now().options->idle_timeout;
}

std::optional<Conversation::Time> SpeechConversation::due() const {
  if (key_due_) return key_due_;
  const Turn* turn = open_turn();
  if (turn == nullptr) return std::nullopt;
  const Time expires = expiry(*turn);
  const auto cuts = turn->has_failed ? std::nullopt : turn->arriving->due();
  return cuts ? std::min(*cuts, expires) : expires;
}

void SpeechConversation::tick(Time now) {
  if (is_closed_) return;
  if (key_due_) {
    if (*key_due_ <= now) close(kPolicyViolation, "no API key came in time");
    return;
  }
  Turn* turn = open_turn();
  if (turn == nullptr) return;
  // A client that went away in the middle of a text must not keep a server from stopping.
  if (expiry(*turn) <= now) return end(now);
  if (turn->has_failed) return;
  turn->arriving->tick(now);
  hand_over(*turn, now);
}

// --- responses ------------------------------------------------------------------------------

// Begins to speak the first turn if something of it can be spoken.
void SpeechConversation::begin_work(Time now) {
  while (!works_ && !turns_.empty() && !turns_.front().has_failed) {
    Turn& turn = turns_.front();
    if (!turn.has_stretch && !turn.has_ended) return;
    if (!turn.has_stretch) {
      refuse(invalid("the text contains nothing to speak", "missing_required_parameter", "text"),
             turn.id);
      fail_turn();
      continue;
    }
    SpeechRequest request = turn.session.request;
    asked_.received = now;
    auto prepared = prepare_speech(context_, asked_, request);
    if (!prepared) {
      refuse(prepared.error(), turn.id);
      fail_turn();
      continue;
    }
    const std::string text = turn.text->text();
    if (prepared->options->log_text) {
      log::write(log::Level::kInfo, "text",
                 {{"id", asked_.id}, {"voice", request.speech.voice}, {"text", text}});
    }
    request.speech.text = text;
    Work work = work_of(request, *prepared->synthesiser);
    request.speech.text.clear();
    work.task = live_speech(context_, std::move(*prepared), std::move(request),
                            {.response_id = turn.id,
                             .request_id = asked_.id,
                             .heard = turn.heard,
                             .sends_binary = turn.session.sends_binary});
    send({{"type", "response.created"}, {"response_id", turn.id}});
    works_ = true;
    actions_.push_back(BeginWork{std::move(work)});
  }
  close_if_drained();
}

// The first turn gives no more sound. The rest of its text is ignored.
void SpeechConversation::fail_turn() {
  Turn& turn = turns_.front();
  if (turn.has_ended) {
    turns_.pop_front();
  } else {
    turn.has_failed = true;
  }
}

void SpeechConversation::take_output(std::span<const std::byte> bytes, Time now) {
  if (!works_) return;
  Turn& turn = turns_.front();
  output_.push(bytes);
  while (auto frame = output_.next()) {
    if (frame->sound.count() > 0) {
      turn.sent_s += std::chrono::duration<double>(frame->sound).count();
      turn.dry_at = std::max(turn.dry_at.value_or(now), now) + frame->sound;
    }
    actions_.push_back(SendMessage{
        .is_binary = frame->is_binary, .is_output = true, .payload = std::move(frame->payload)});
  }
}

void SpeechConversation::take_refusal(const Response& refusal, Time now) {
  if (!works_) return;
  works_ = false;
  Json event = Json::parse(refusal.body, nullptr, false);
  if (event.is_object()) {
    event["type"] = "error";
    event["response_id"] = turns_.front().id;
    for (const Header& header : refusal.headers) {
      if (header.name == "Retry-After")
        event["error"]["retry_after_seconds"] = Json::parse(header.value, nullptr, false);
    }
    send(event);
  }
  fail_turn();
  begin_work(now);
}

void SpeechConversation::end_work(WorkEnd end, Time now) {
  if (!works_) return;
  works_ = false;
  output_ = FrameReader();
  if (end == WorkEnd::kBroken) {
    refuse({.status = 500, .message = "the server failed to answer"}, turns_.front().id);
    fail_turn();
  } else if (turns_.front().has_ended) {
    last_ = std::move(turns_.front());
    turns_.pop_front();
  } else {
    fail_turn();  // the work has told why it ended before its text
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
  const bool is_first = !turns_.empty() && turns_.front().sent_s > 0 &&
                        (!response_id || *response_id == turns_.front().id);
  const Turn* heard = is_first ? &turns_.front() : last_ ? &*last_ : nullptr;
  if (heard != nullptr && response_id && *response_id != heard->id) heard = nullptr;
  Json event = {{"type", "response.cancelled"},
                {"response_id", heard == nullptr ? Json() : Json(heard->id)}};
  if (heard != nullptr) {
    const double in_hand_s =
        heard->dry_at ? std::max(0.0, std::chrono::duration<double>(*heard->dry_at - now).count())
                      : 0.0;
    const double played_s =
        played_ms ? *played_ms / 1000 : std::max(0.0, heard->sent_s - in_hand_s);
    const std::string text = heard->text->text();
    const text::Utf16Offsets utf16(text);
    const text::Range place = heard->heard->at(played_s);
    event["played_ms"] = played_s * 1000;
    event["begin"] = place.begin;
    event["end"] = place.end;
    event["begin_utf16"] = utf16.at(place.begin);
    event["end_utf16"] = utf16.at(place.end);
    event["word"] = heard->heard->word_at(played_s);
    event["heard_text"] = text.substr(0, place.begin);
  }
  for (const Turn& turn : turns_) turn.session.request.speech.cancel.cancel();
  if (std::exchange(works_, false)) {
    // Sound that was not sent yet is not sent any more.
    std::erase_if(actions_, [](const Action& action) {
      const auto* message = std::get_if<SendMessage>(&action);
      return std::holds_alternative<BeginWork>(action) ||
             (message != nullptr && message->is_output);
    });
    actions_.push_back(DropWork{});
  }
  output_ = FrameReader();
  turns_.clear();
  last_.reset();
  send(event);
  close_if_drained();
}

// --- the end --------------------------------------------------------------------------------

void SpeechConversation::drain(Time now) {
  if (is_closed_ || std::exchange(is_draining_, true)) return;
  // What has arrived is spoken to its end.
  if (open_turn() != nullptr) return end(now);
  close_if_drained();
}

void SpeechConversation::close_if_drained() {
  if (is_draining_ && turns_.empty() && !is_closed_) close(kGoingAway, "the server is stopping");
}

void SpeechConversation::close(uint16_t code, std::string reason) {
  is_closed_ = true;
  key_due_.reset();
  for (const Turn& turn : turns_) turn.session.request.speech.cancel.cancel();
  turns_.clear();
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
