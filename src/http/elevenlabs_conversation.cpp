#include "http/elevenlabs_conversation.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "http/elevenlabs_messages.h"
#include "http/websocket_handshake.h"

namespace orpheus::http {
namespace {

constexpr size_t kMostTexts = 8;
// Fewer are not worth a piece of their own where a client only suggests it.
constexpr size_t kLeastTriggerBytes = 50;
// Close codes of RFC 6455.
constexpr uint16_t kNormal = 1000;
constexpr uint16_t kGoingAway = 1001;
constexpr uint16_t kUnsupportedData = 1003;
constexpr uint16_t kInternalError = 1011;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

ApiError invalid(std::string message, std::string code) {
  return {.status = 400, .message = std::move(message), .code = std::move(code)};
}

}  // namespace

ElevenLabsConversation::ElevenLabsConversation(const Context& context, Request asked, SocketKey key,
                                               Contexts contexts,
                                               tl::expected<ElevenLabsSettings, ApiError> settings)
    : context_(context),
      asked_(std::move(asked)),
      contexts_(contexts),
      settings_(std::move(settings)) {
  if (key == SocketKey::kExpected) key_due_ = Time::max();  // until it is open
}

void ElevenLabsConversation::open(Time now) {
  last_message_ = now;
  if (key_due_) {
    key_due_ = now + context_.live.now().options->header_timeout;
  } else {
    check_settings();
  }
}

// A client learns of a wrong voice at once, if the server knows its voices already.
void ElevenLabsConversation::check_settings() {
  if (!settings_) return refuse(settings_.error());
  const Snapshot now = context_.live.now();
  if (!now.synthesiser) return;
  const auto voice = now.synthesiser->voice_for(settings_->turn.request.speech);
  if (voice) return;
  ApiError error = api_error(voice.error());
  if (error.status == 404) error.code = "voice_not_found";
  refuse(error);
}

void ElevenLabsConversation::take_text(std::string_view bytes, Time now) {
  if (is_closed_) return;
  const auto message = parse_elevenlabs_message(bytes);
  if (closes_with_) {  // what has arrived is still spoken; a client may interrupt it
    if (message && message->closes_context && contexts_ == Contexts::kSeveral)
      close_context(message->context_id, now);
    return;
  }
  if (!message) return refuse(message.error());
  if (key_due_ && !take_key(*message)) return;
  if (is_closed_) return;
  last_message_ = now;
  if (message->closes_socket) {
    closes_with_ = kNormal;
    end_all(now);
  } else if (contexts_ == Contexts::kOne) {
    take_single(*message, now);
  } else {
    take_multi(*message, now);
  }
}

void ElevenLabsConversation::take_binary(std::span<const std::byte> /*message*/, Time /*now*/) {
  if (!is_closed_) close(kUnsupportedData, "messages are JSON texts");
}

bool ElevenLabsConversation::take_key(const ElevenLabsMessage& message) {
  auto asked = with_key(*context_.live.now().options, asked_, message.key.value_or(""));
  if (!message.key || !asked) {
    refuse({.status = 401,
            .message = message.key ? "this API key is not valid"
                                   : "an API key is needed: send it as the header xi-api-key, or "
                                     "as xi_api_key in the first message",
            .code = "invalid_api_key"});
    return false;
  }
  asked_ = std::move(*asked);
  key_due_.reset();
  check_settings();
  return true;
}

// --- messages -------------------------------------------------------------------------------

void ElevenLabsConversation::take_single(const ElevenLabsMessage& message, Time now) {
  auto place = find_open(std::nullopt);
  if (place == texts_.end() && has_begun_) {  // the text has ended
    if (is_blank(message.text.value_or(""))) return;
    const ApiError error =
        invalid("the text has ended already; open another socket", "text_has_ended");
    send(error_message(error, std::nullopt));
    closes_with_ = close_code_for(error);  // when the ended text was spoken
    return;
  }
  if (!message.text && !message.flush && !message.triggers && !message.closes_context)
    return refuse(invalid("text is missing (expected a string)", "missing_required_parameter"));
  if (place == texts_.end()) {
    ElevenLabsMessage first = message;
    first.context_id.reset();
    const auto begun = begin_text(first, now);
    if (!begun) return;
    place = *begun;
    has_begun_ = true;
  }
  if (message.closes_context || (message.text && message.text->empty())) return end(place, now);
  append(place, message, now);
}

void ElevenLabsConversation::take_multi(const ElevenLabsMessage& message, Time now) {
  if (message.closes_context) return close_context(message.context_id, now);
  auto place = find_open(message.context_id);
  if (place == texts_.end()) {
    // A message without text only keeps a context alive.
    if (message.text.value_or("").empty()) return;
    const auto begun = begin_text(message, now);
    if (!begun) return;
    place = *begun;
  }
  append(place, message, now);
}

// What the client has flushed is spoken. Without a flush, and at the second call, it is dropped.
void ElevenLabsConversation::close_context(const std::optional<std::string>& id, Time now) {
  const auto place = find_for_close(id);
  if (place == texts_.end()) return;
  const bool is_second = std::exchange(place->was_closed, true);
  if (place->has_failed) {
    erase(place);
  } else if (is_second || !place->turn || !place->is_flushed) {
    drop(place);
  } else if (!place->is_closing) {  // it may have ended otherwise
    end(place, now);
  }
}

// The text of this id that takes more; else one that its client has not closed; else any.
ElevenLabsConversation::Place ElevenLabsConversation::find_for_close(
    const std::optional<std::string>& id) {
  auto found = find_open(id);
  if (found != texts_.end()) return found;
  found = std::find_if(texts_.begin(), texts_.end(),
                       [&](const Text& text) { return text.id == id && !text.was_closed; });
  if (found != texts_.end()) return found;
  return std::find_if(texts_.begin(), texts_.end(),
                      [&](const Text& text) { return text.id == id; });
}

ElevenLabsConversation::Place ElevenLabsConversation::find_open(
    const std::optional<std::string>& id) {
  return std::find_if(texts_.begin(), texts_.end(), [&](const Text& text) {
    return !text.is_closing && (contexts_ == Contexts::kOne || text.id == id);
  });
}

ElevenLabsConversation::Place ElevenLabsConversation::find_work(WorkId work) {
  return std::find_if(texts_.begin(), texts_.end(),
                      [&](const Text& text) { return text.works && text.work == work; });
}

std::optional<ElevenLabsConversation::Place> ElevenLabsConversation::begin_text(
    const ElevenLabsMessage& message, Time now) {
  if (texts_.size() >= kMostTexts) {
    const auto failed = std::find_if(texts_.begin(), texts_.end(),
                                     [](const Text& text) { return text.has_failed; });
    if (failed == texts_.end()) {
      refuse(invalid(fmt::format("Maximum simultaneous contexts per WebSocket connection exceeded "
                                 "({}). Please close an existing context before opening a new one.",
                                 kMostTexts),
                     "max_contexts_exceeded"));
      return std::nullopt;
    }
    texts_.erase(failed);
  }
  Text text{.id = message.context_id,
            .work = next_work_++,
            .settings = settings_->turn,
            .last_input = now};
  if (message.speed) text.settings.request.speed = *message.speed;
  texts_.push_back(std::move(text));
  return std::prev(texts_.end());
}

void ElevenLabsConversation::append(Place place, const ElevenLabsMessage& message, Time now) {
  place->last_input = now;
  if (place->has_failed) return;
  if (message.speed && *message.speed != place->settings.request.speed) {
    return fail(place,
                invalid("voice_settings field must be provided in the first message and then "
                        "either be not provided or not change",
                        "voice_settings_changed"));
  }
  const std::string text = message.text.value_or("");
  if (!place->turn && !is_blank(text)) {
    auto turn = Turn::begin(context_, asked_, place->settings, now);
    if (!turn) {
      if (turn.error().status == 401) return refuse(turn.error());
      return fail(place, turn.error());
    }
    place->turn = std::move(*turn);
  }
  if (!place->turn) return;
  if (!text.empty()) {
    if (const auto appended = place->turn->append(text, now); !appended)
      return fail(place, appended.error());
    place->is_flushed = place->is_flushed && is_blank(text);
  }
  const bool triggers = message.triggers && place->turn->num_waiting_bytes() >= kLeastTriggerBytes;
  if (message.flush || triggers) place->turn->flush();
  place->is_flushed = place->is_flushed || message.flush;
  begin_work(place, now);
}

// --- texts ----------------------------------------------------------------------------------

void ElevenLabsConversation::end(Place place, Time now) {
  place->is_closing = true;
  if (place->has_failed) return erase(place);
  if (!place->turn) return finish(place);
  place->turn->end();
  begin_work(place, now);
}

void ElevenLabsConversation::end_all(Time now) {
  for (auto next = texts_.begin(); next != texts_.end();) {
    const auto place = next++;
    if (!place->is_closing) end(place, now);
  }
  if (texts_.empty() && !is_closed_) close(*closes_with_);
}

// Begins to speak a text if something of it can be spoken.
void ElevenLabsConversation::begin_work(Place place, Time now) {
  if (place->works || place->has_failed) return;
  if (!place->turn->has_stretch()) {
    if (place->turn->has_ended()) finish(place);  // it has no words
    return;
  }
  auto work = place->turn->work(
      asked_,
      std::make_unique<ElevenLabsMessages>(place->id, settings_->times,
                                           place->settings.request.speed, place->failure),
      now);
  if (!work) return fail(place, work.error());
  place->works = true;
  actions_.emplace_back(BeginWork{.work = std::move(*work), .id = place->work});
}

void ElevenLabsConversation::finish(Place place) {
  send(final_message(place->id));
  erase(place);
}

// The rest of the text is ignored.
void ElevenLabsConversation::fail(Place place, const ApiError& error) {
  if (contexts_ == Contexts::kOne) return refuse(error);
  send(error_message(error, place->id));
  if (std::exchange(place->works, false)) stop_work(place->work);
  place->turn.reset();
  place->has_failed = true;
  if (place->is_closing) erase(place);
}

// Sound that was not sent yet is not sent any more.
void ElevenLabsConversation::stop_work(WorkId work) {
  std::erase_if(actions_, [&](const Action& action) {
    const auto* begins = std::get_if<BeginWork>(&action);
    const auto* message = std::get_if<SendMessage>(&action);
    return (begins != nullptr && begins->id == work) ||
           (message != nullptr && message->output_of == work);
  });
  actions_.emplace_front(DropWork{work});
}

// Stops a text's speech; its place is free at once.
void ElevenLabsConversation::drop(Place place) {
  if (std::exchange(place->works, false)) stop_work(place->work);
  finish(place);
}

void ElevenLabsConversation::erase(Place place) {
  texts_.erase(place);
  if (is_closed_) return;
  if (has_expired_ && texts_.empty()) return tell_expiry();
  const bool is_last = contexts_ == Contexts::kOne || closes_with_.has_value();
  if (is_last && texts_.empty()) close(closes_with_.value_or(kNormal));
}

void ElevenLabsConversation::tell_expiry() {
  refuse(invalid(
      fmt::format("Have not received a new text input within the timeout of {} seconds. Streaming "
                  "input terminated. Please make sure to either feed the input in the timely "
                  "manner, or to send the end of input text (empty string \"\") when done.",
                  settings_->inactivity.count()),
      "input_timeout_exceeded"));
}

// --- works ----------------------------------------------------------------------------------

void ElevenLabsConversation::take_output(WorkId work, std::span<const std::byte> bytes, Time now) {
  const auto place = find_work(work);
  if (place == texts_.end()) return;
  for (SendMessage& message : place->turn->take_output(work, bytes, now))
    actions_.emplace_back(std::move(message));
}

void ElevenLabsConversation::take_refusal(WorkId work, const Response& refusal, Time /*now*/) {
  const auto place = find_work(work);
  if (place == texts_.end()) return;
  place->works = false;
  fail(place, error_of(refusal).value_or(
                  ApiError{.status = 500, .message = "the server failed to answer"}));
}

void ElevenLabsConversation::end_work(WorkId work, WorkEnd end, Time /*now*/) {
  const auto place = find_work(work);
  if (place == texts_.end()) return;
  place->works = false;
  if (end == WorkEnd::kBroken)
    return fail(place, {.status = 500, .message = "the server failed to answer"});
  if (place->turn->is_spoken()) return finish(place);
  // The work has told why it ended before its text.
  if (contexts_ == Contexts::kOne) {
    const uint16_t code = place->failure->load();
    if (code == kGoingAway) return close(code);
    return close(code == 0 ? kInternalError : code, "the speech failed");
  }
  place->turn.reset();
  place->has_failed = true;
  if (place->is_closing) erase(place);
}

// --- time and the end -----------------------------------------------------------------------

std::optional<Conversation::Time> ElevenLabsConversation::due() const {
  if (key_due_) return key_due_;
  if (is_closed_ || !settings_) return std::nullopt;
  std::optional<Time> due;
  const auto remember = [&](std::optional<Time> time) {
    if (time) due = due ? std::min(*due, *time) : *time;
  };
  if (contexts_ == Contexts::kOne && !has_begun_) remember(last_message_ + settings_->inactivity);
  for (const Text& text : texts_) {
    if (text.is_closing) continue;
    remember(text.last_input + settings_->inactivity);
    if (text.turn) remember(text.turn->due());
  }
  return due;
}

void ElevenLabsConversation::tick(Time now) {
  if (is_closed_) return;
  if (key_due_) {
    if (*key_due_ <= now)
      refuse({.status = 401, .message = "no API key came in time", .code = "invalid_api_key"});
    return;
  }
  if (!settings_) return;
  if (contexts_ == Contexts::kOne && !has_begun_ && last_message_ + settings_->inactivity <= now) {
    return tell_expiry();
  }
  for (auto next = texts_.begin(); !is_closed_ && next != texts_.end();) {
    const auto place = next++;
    if (place->is_closing) continue;
    if (place->last_input + settings_->inactivity <= now) {
      has_expired_ = contexts_ == Contexts::kOne;
      end(place, now);
    } else if (place->turn) {
      place->turn->tick(now);
      begin_work(place, now);
    }
  }
}

void ElevenLabsConversation::drain(Time now) {
  if (is_closed_ || closes_with_) return;
  closes_with_ = kGoingAway;
  // What has arrived of a text that is being spoken is spoken to its end. Another is refused.
  end_all(now);
}

bool ElevenLabsConversation::is_working() const {
  return std::any_of(texts_.begin(), texts_.end(),
                     [](const Text& text) { return text.turn != nullptr; });
}

void ElevenLabsConversation::close(uint16_t code) {
  close(code, code == kGoingAway ? stopping_error().message : "");
}

void ElevenLabsConversation::close(uint16_t code, std::string reason) {
  is_closed_ = true;
  key_due_.reset();
  texts_.clear();
  actions_.emplace_back(CloseSocket{.code = code, .reason = std::move(reason)});
}

void ElevenLabsConversation::refuse(const ApiError& error) {
  send(error_message(error, std::nullopt));
  close(close_code_for(error), error.code);
}

void ElevenLabsConversation::send(const Json& message) {
  const std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto bytes = std::as_bytes(std::span(text));
  actions_.emplace_back(SendMessage{.payload = {bytes.begin(), bytes.end()}});
}

std::optional<Action> ElevenLabsConversation::next() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

}  // namespace orpheus::http
