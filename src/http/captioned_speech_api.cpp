#include "http/captioned_speech_api.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "audio/format.h"
#include "http/counted_speech.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "http/speech_body.h"
#include "http/word_json.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

// Sends lines while the speech is made, or one object with all of it.
class CaptionedSpeech final : public Task {
 public:
  CaptionedSpeech(const Context& context, Snapshot now, SpeechRequest request, const Request& asked)
      : context_(context),
        request_(std::move(request)),
        id_(asked.id),
        speech_(context, std::move(now), request_.speech, asked.received) {
    if (!request_.words) return;
    timestamps_ = Json::array();
    speech_.tell_words([this](const speech::WordProgress& progress) { add(progress); });
  }

  State step(ResponseWriter& out, const Wake& wake) override {
    if (!body_) {
      auto opened = SpeechBody::open(request_, speech_.now().options->sample_rate_hz);
      if (!opened) {
        out.send(captioned_error(api_error(opened.error())));
        return State::kDone;
      }
      body_.emplace(std::move(*opened));
    }
    Result<void> encoded;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          encoded = body_->push(samples, bytes_);
          if (encoded && bytes_.size() > kMaxWholeBytes) encoded = fail(too_long());
          return encoded && (is_whole() || bytes_.empty() || send_line(out));
        },
        wake, out);
    if (encoded && stepped && *stepped == speech::Speech::State::kDone)
      encoded = body_->finish(speech_.summary(), bytes_);
    if (!encoded) stepped = fail(encoded.error());
    if (!stepped) {
      refuse(stepped.error(), out);
      return State::kDone;
    }
    switch (*stepped) {
      case speech::Speech::State::kMore: return State::kMore;
      case speech::Speech::State::kWaits:
      case speech::Speech::State::kWaitsForText: return State::kWaits;
      case speech::Speech::State::kDone: break;
    }
    finish(out);
    return State::kDone;
  }

 private:
  bool is_whole() const { return request_.delivery == Delivery::kWhole; }

  void add(const speech::WordProgress& progress) {
    for (const align::WordTime& word : progress.words) {
      timestamps_.push_back({{"word", word.word},
                             {"start_time", word_seconds(word.begin, request_.speed)},
                             {"end_time", word_seconds(word.end, request_.speed)}});
    }
  }

  // What was encoded, and the words since the last object.
  std::string take_object() {
    Json object = {{"audio_format", audio::content_type(request_.format)}};
    object["timestamps"] = request_.words ? std::exchange(timestamps_, Json::array()) : Json();
    return with_sound(object.dump(-1, ' ', false, Json::error_handler_t::replace), "audio",
                      std::exchange(bytes_, {}));
  }

  Response head() const {
    Response head;
    head.set("Content-Type", "application/json");
    head.set("Cache-Control", "no-cache");
    head.set("X-Voice", request_.speech.voice);
    head.set("X-Model", shown_model_name(speech_.now()));
    head.set("X-Sample-Rate", std::to_string(body_->sample_rate_hz()));
    head.set("X-Seed", std::to_string(request_.speech.sampling.seed));
    return head;
  }

  bool send_line(ResponseWriter& out) {
    if (!std::exchange(has_begun_, true)) out.begin(head());
    const std::string line = take_object() + "\n";
    return out.write(std::as_bytes(std::span(line)));
  }

  void finish(ResponseWriter& out) {
    if (!is_whole()) {
      if (!bytes_.empty() || !timestamps_.empty()) send_line(out);
      return out.finish();
    }
    complete(body_->patches(), bytes_);
    Response whole = head();
    whole.body = take_object();
    out.send(std::move(whole));
  }

  static Error too_long() {
    return {.kind = ErrorKind::kLimit,
            .what = "the sound is too long for one complete response",
            .expected = "at most " + std::to_string(kMaxWholeBytes >> 20U) + " MiB",
            .remedy = "Leave out \"stream\": false."};
  }

  // A stream that has begun breaks off, as in Kokoro-FastAPI.
  void refuse(const Error& error, ResponseWriter& out) const {
    log_failed_speech(id_, error, has_begun_);
    if (!has_begun_) out.send(in_kokoro_form(failure_response(error, context_.live.draining())));
  }

  const Context& context_;
  const SpeechRequest request_;
  const std::string id_;
  CountedSpeech speech_;
  std::optional<SpeechBody> body_;  // from the first step on
  std::vector<std::byte> bytes_;    // not sent yet
  Json timestamps_;                 // not sent yet
  bool has_begun_ = false;
};

// Kokoro's languages are letters, which also begin the names of its voices.
std::string language_of(char letter) {
  switch (letter) {
    case 'a':
    case 'b': return "en";
    case 'e': return "es";
    case 'f': return "fr";
    case 'h': return "hi";
    case 'i': return "it";
    case 'j': return "ja";
    case 'p': return "pt";
    case 'z': return "zh";
    default: return "";
  }
}

// For a name of Kokoro's voices (af_heart: American, female), which its clients send by default: a
// voice of this language and, if possible, gender.
std::string fitting_voice(const speech::Synthesiser& synthesiser, const std::string& asked) {
  const bool is_of_kokoro =
      asked.size() > 3 && asked[2] == '_' && (asked[1] == 'f' || asked[1] == 'm');
  const std::vector<prompt::Voice>& voices = synthesiser.voices();
  const auto is_asked = [&](const prompt::Voice& voice) { return voice.name == asked; };
  if (!is_of_kokoro || std::any_of(voices.begin(), voices.end(), is_asked)) return asked;
  const std::string language = language_of(asked[0]);
  const std::string_view gender = asked[1] == 'f' ? "female" : "male";
  const prompt::Voice* best = &voices.front();
  int most = -1;
  for (const prompt::Voice& voice : voices) {
    const int fits = (voice.language == language ? 2 : 0) + (voice.gender == gender ? 1 : 0);
    if (fits > most) {
      best = &voice;
      most = fits;
    }
  }
  return best->name;
}

tl::expected<SpeechRequest, ApiError> parse(std::string_view bytes, const Options& options) {
  auto request = parse_speech_request(bytes, options);
  if (!request) return request;
  auto body = JsonBody::parse(bytes);
  if (!body) return tl::unexpected(body.error());
  const bool streamed = body->boolean("stream").value_or(true);
  request->words = body->boolean("return_timestamps").value_or(true);
  const auto language = body->text("lang_code");
  if (language && language->size() == 1 && request->speech.language.empty())
    request->speech.language = language_of(language->front());
  if (body->error()) return tl::unexpected(*body->error());
  request->delivery = streamed ? Delivery::kStream : Delivery::kWhole;
  request->speech.is_heard_live = streamed;
  request->file_format.reset();
  return request;
}

Answer answer(const Context& context, const Request& asked) {
  auto request = parse(asked.body, *context.live.now().options);
  if (!request) return captioned_error(request.error());
  if (const Snapshot loaded = context.live.now(); loaded.synthesiser)
    request->speech.voice = fitting_voice(*loaded.synthesiser, request->speech.voice);
  auto now = prepare_speech(context, asked, *request);
  if (!now) {
    Response refusal = captioned_error(now.error());
    if (now.error().status == 503) refusal.set("Retry-After", "5");
    return refusal;
  }
  Work work = work_of(*request, *now->synthesiser);
  work.task =
      std::make_unique<CaptionedSpeech>(context, std::move(*now), std::move(*request), asked);
  return work;
}

}  // namespace

Response captioned_error(const ApiError& error) {
  const bool is_of_client = error.status < 500;
  const Json detail = {{"error", is_of_client ? "validation_error" : "processing_error"},
                       {"message", error.message},
                       {"type", is_of_client ? "invalid_request_error" : "server_error"}};
  const Json body = {{"detail", detail}};
  return text_response(error.status, "application/json",
                       body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Response in_kokoro_form(Response response) {
  if (const auto error = error_of(response)) response.body = captioned_error(*error).body;
  return response;
}

std::vector<Route> captioned_speech_routes(const Context& context) {
  return {{"POST", "/dev/captioned_speech",
           [&context](const Request& asked) { return answer(context, asked); }, Access::kKey,
           Pace::kQuick, ErrorForm::kKokoro}};
}

}  // namespace orpheus::http
