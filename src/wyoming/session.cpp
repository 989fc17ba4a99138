#include "wyoming/session.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "base/utf8.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "wyoming/errors.h"
#include "wyoming/info.h"
#include "wyoming/request.h"
#include "wyoming/speech_task.h"

namespace orpheus::wyoming {
namespace {

using http::ApiError;
using http::JsonBody;
using Json = nlohmann::ordered_json;

constexpr size_t kMostLaterEvents = 4096;
constexpr size_t kMostLaterBytes = 256U << 10U;
constexpr size_t kMostAnswerBytes = 256U << 10U;
constexpr size_t kMostPingBytes = 1024;

constexpr int kOk = 200;

ApiError invalid(std::string message, std::string code) {
  return {.status = 400, .message = std::move(message), .code = std::move(code)};
}

}  // namespace

Session::Session(const http::Context& context, std::string peer)
    : context_(context), peer_(std::move(peer)) {}

Session::~Session() {
  if (request_) request_->speech.speech.cancel.cancel();
}

// --- the client's events --------------------------------------------------------------------

void Session::take(const Event& event, Time now) {
  if (is_closed_ || !is_served(event.type)) return;
  if (event.type == "ping") return answer_ping(event, now);
  if (event.type == "describe") return describe(now);
  // The events of a request behind the one in progress wait until that one was spoken.
  if (request_ && !takes_text()) return keep(event, now);
  take_speech_event(event, now);
  go_on(now);
}

void Session::take_fault(const ApiError& fault, Time now) {
  if (!is_closed_) refuse(fault, "other", now);
}

void Session::keep(const Event& event, Time now) {
  num_later_bytes_ += event.data.size();
  later_.push_back(event);
  if (later_.size() > kMostLaterEvents || num_later_bytes_ > kMostLaterBytes) {
    refuse({.status = 429,
            .message = "too many requests wait for the one in progress on this connection",
            .code = "rate_limit_exceeded"},
           event.type, now);
  }
}

// If the request in progress has ended, begins the next one.
void Session::go_on(Time now) {
  while (!is_closed_ && !later_.empty() && (!request_ || takes_text())) {
    const Event event = std::move(later_.front());
    later_.pop_front();
    num_later_bytes_ -= event.data.size();
    take_speech_event(event, now);
  }
  if (is_draining_ && !request_) close();
}

void Session::take_speech_event(const Event& event, Time now) {
  if (event.type == "synthesize") {
    // Clients that send a text in parts also send it whole, for servers that do not know parts.
    if (!takes_text()) begin_whole(event, now);
  } else if (event.type == "synthesize-start") {
    if (!takes_text()) return begin_parts(event, now);
    refuse(invalid("the text before this one has not ended (expected synthesize-stop)",
                   "unexpected_event"),
           event.type, now);
  } else if (event.type == "synthesize-chunk" || event.type == "synthesize-stop") {
    if (!takes_text()) {
      return refuse(
          invalid("there is no text to add to (expected synthesize-start)", "unexpected_event"),
          event.type, now);
    }
    event.type == "synthesize-chunk" ? append(event, now) : end_text(now);
  }
}

void Session::describe(Time now) {
  const http::Snapshot snapshot = context_.live.now();
  if (!snapshot.synthesiser) {
    return refuse({.status = 503,
                   .message = "the server is loading its voice. Try again in a moment.",
                   .code = "model_loading"},
                  "describe", now);
  }
  send("info", info_data(snapshot));
  actions_.emplace_back(Answered{.asked = asked_for("describe", now), .exchange = {.status = kOk}});
}

void Session::answer_ping(const Event& event, Time now) {
  auto body = JsonBody::parse(event.data);
  if (!body) return refuse(body.error(), "ping", now);
  const auto text = body->text("text");
  if (text && text->size() > kMostPingBytes) {
    return refuse(
        invalid(fmt::format("text is too long (expected at most {} bytes)", kMostPingBytes),
                "string_above_max_length"),
        "ping", now);
  }
  send("pong", Json{{"text", text ? Json(*text) : Json()}}.dump());
}

void Session::begin_whole(const Event& event, Time now) {
  auto body = JsonBody::parse(event.data);
  auto read =
      body ? read_speech_request(context_, *body, TextForm::kWhole) : tl::unexpected(body.error());
  if (!read) return refuse(read.error(), event.type, now);
  request_.emplace(Spoken{.asked = asked_for(event.type, now), .speech = std::move(*read)});
  request_->num_characters = count_code_points(request_->speech.speech.text);
  begin_work(now);
}

void Session::begin_parts(const Event& event, Time now) {
  auto body = JsonBody::parse(event.data);
  auto read =
      body ? read_speech_request(context_, *body, TextForm::kParts) : tl::unexpected(body.error());
  if (!read) return refuse(read.error(), event.type, now);
  Spoken spoken{.asked = asked_for(event.type, now), .speech = std::move(*read), .last_input = now};
  // Again when the work begins: the text's language must be known now, and the time later.
  const auto prepared = http::prepare_speech(context_, spoken.asked, spoken.speech);
  if (!prepared) return refuse(prepared.error(), event.type, now);
  speech::Request& speech = spoken.speech.speech;
  const auto voice = prepared->synthesiser->voice_for(speech);
  spoken.arriving = std::make_unique<text::markup::Arriving>(text::markup::ArrivalOptions{
      .format = speech.format, .cuts = {.language = voice ? voice->language : ""}});
  speech.live = std::make_shared<speech::LiveText>();
  request_.emplace(std::move(spoken));
}

void Session::append(const Event& event, Time now) {
  Spoken& spoken = *request_;
  auto body = JsonBody::parse(event.data);
  if (!body) return refuse(body.error(), event.type, now);
  const auto text = body->text("text");
  if (!text) {
    return refuse(invalid("text is missing (expected a string)", "missing_required_parameter"),
                  event.type, now);
  }
  spoken.last_input = now;
  spoken.num_characters += count_code_points(*text);
  const size_t most = context_.live.now().options->max_input_code_points;
  if (spoken.num_characters > most) {
    return refuse(
        invalid(fmt::format("the text is too long (expected at most {} characters)", most),
                "string_above_max_length"),
        event.type, now);
  }
  if (const auto appended = spoken.arriving->append(*text, now); !appended)
    return refuse(http::api_error(appended.error()), event.type, now);
  hand_over(now);
}

void Session::end_text(Time now) {
  Spoken& spoken = *request_;
  spoken.has_ended = true;
  if (const auto ended = spoken.arriving->end(); !ended)
    return refuse(http::api_error(ended.error()), "synthesize-stop", now);
  hand_over(now);
}

// Passes on what can be spoken. May finish the request: call go_on() then.
void Session::hand_over(Time now) {
  Spoken& spoken = *request_;
  speech::LiveText& live = *spoken.speech.speech.live;
  while (auto stretch = spoken.arriving->next()) {
    spoken.has_stretch = true;
    live.push(std::move(*stretch));
  }
  if (spoken.has_ended) live.end();
  if (spoken.works) return;
  if (spoken.has_stretch) return begin_work(now);
  if (!spoken.has_ended) return;
  send("synthesize-stopped");  // to a text of blanks
  finish(kOk);
}

// --- work -----------------------------------------------------------------------------------

void Session::begin_work(Time now) {
  Spoken& spoken = *request_;
  http::SpeechRequest speech = spoken.speech;
  spoken.asked.received = now;
  auto prepared = http::prepare_speech(context_, spoken.asked, speech);
  if (!prepared) return refuse(prepared.error(), spoken.asked.path, now);
  const bool is_live = speech.speech.live != nullptr;
  if (is_live) speech.speech.text = speech.speech.live->text();  // for the estimate of its length
  if (prepared->options->log_text) {
    log::write(
        log::Level::kInfo, "text",
        {{"id", spoken.asked.id}, {"voice", speech.speech.voice}, {"text", speech.speech.text}});
  }
  http::Work work = http::work_of(speech, *prepared->synthesiser);
  if (is_live) speech.speech.text.clear();
  spoken.speech.speech.voice = speech.speech.voice;
  work.task = speech_task(context_, std::move(*prepared), std::move(speech), spoken.asked.id);
  spoken.works = true;
  actions_.emplace_back(BeginWork{std::move(work)});
}

void Session::take_output(std::span<const std::byte> events) {
  if (!is_closed_ && request_)
    actions_.emplace_back(SendBytes{.bytes = {events.begin(), events.end()}, .is_output = true});
}

void Session::take_refusal(const http::Response& refusal) {
  if (!is_closed_ && request_) fail(refusal);
}

void Session::end_work(WorkEnd end, Time now) {
  if (is_closed_ || !request_) return;
  if (end == WorkEnd::kBroken) {
    if (context_.live.draining()) return fail(http::stopping_response());
    finish(500);  // the work has told why it ended, or it cannot
    return close();
  }
  finish(kOk);
  go_on(now);
}

// --- time, and the end ----------------------------------------------------------------------

Session::Time Session::expiry() const {
  return request_->last_input + context_.live.now().options->idle_timeout;
}

std::optional<Session::Time> Session::due() const {
  if (!takes_text()) return std::nullopt;
  const auto cuts = request_->arriving->due();
  return cuts ? std::min(*cuts, expiry()) : expiry();
}

void Session::tick(Time now) {
  if (is_closed_ || !takes_text()) return;
  // A client that went away in the middle of a text must not keep a server from stopping.
  if (expiry() <= now) {
    end_text(now);
  } else {
    request_->arriving->tick(now);
    hand_over(now);
  }
  go_on(now);
}

void Session::drain(Time now) {
  if (is_closed_ || std::exchange(is_draining_, true)) return;
  // What has arrived of a text that is being spoken is spoken to its end. Another text is refused.
  if (takes_text()) end_text(now);
  go_on(now);
}

void Session::leave() {
  if (is_closed_) return;
  actions_.clear();
  if (request_) {
    const Spoken& spoken = *request_;
    actions_.emplace_back(Answered{.asked = spoken.asked,
                                   .exchange = {.status = kOk,
                                                .voice = spoken.speech.speech.voice,
                                                .num_characters = spoken.num_characters,
                                                .ended_early = true}});
  }
  close();
}

bool Session::is_behind() const { return num_answer_bytes_ > kMostAnswerBytes; }

void Session::close() {
  if (std::exchange(is_closed_, true)) return;
  if (request_) request_->speech.speech.cancel.cancel();
  request_.reset();
  later_.clear();
  actions_.emplace_back(Close{});
}

// --- answers --------------------------------------------------------------------------------

http::Request Session::asked_for(std::string_view type, Time now) const {
  return {.method = "WYOMING",
          .path = std::string(type),
          .id = http::request_id(std::nullopt),
          .peer = peer_,
          .received = now};
}

void Session::send(std::string_view type, std::string_view data) {
  SendBytes sent;
  append_event(type, data, {}, sent.bytes);
  num_answer_bytes_ += sent.bytes.size();
  actions_.emplace_back(std::move(sent));
}

// The request in progress has its answer.
void Session::finish(int status) {
  Spoken& spoken = *request_;
  actions_.emplace_back(Answered{.asked = std::move(spoken.asked),
                                 .exchange = {.status = status,
                                              .voice = std::move(spoken.speech.speech.voice),
                                              .num_characters = spoken.num_characters}});
  request_.reset();
}

// An event cannot be served. type: of the event, for the log.
void Session::refuse(const ApiError& error, std::string_view type, Time now) {
  const http::Response refusal = http::error_response(error);
  if (request_) return fail(refusal);
  SendBytes sent;
  append_error(refusal, sent.bytes);
  actions_.emplace_back(std::move(sent));
  actions_.emplace_back(
      Answered{.asked = asked_for(type, now), .exchange = {.status = refusal.status}});
  close();
}

// The request in progress cannot be served.
void Session::fail(const http::Response& refusal) {
  SendBytes sent;
  append_error(refusal, sent.bytes);
  actions_.emplace_back(std::move(sent));
  request_->speech.speech.cancel.cancel();
  finish(refusal.status);
  close();
}

std::optional<Action> Session::next() {
  if (actions_.empty()) return std::nullopt;
  Action action = std::move(actions_.front());
  actions_.pop_front();
  if (const auto* sent = std::get_if<SendBytes>(&action); sent != nullptr && !sent->is_output)
    num_answer_bytes_ -= std::min(num_answer_bytes_, sent->bytes.size());
  return action;
}

}  // namespace orpheus::wyoming
