#include "http/speech_api.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/utf8.h"
#include "http/access.h"
#include "http/counted_speech.h"
#include "http/errors.h"
#include "http/speech_body.h"
#include "http/word_json.h"
#include "speech/speaking_time.h"

namespace orpheus::http {
namespace {

using Clock = std::chrono::steady_clock;

// 53 bits, which JavaScript's numbers hold exactly.
uint64_t draw_seed() {
  std::random_device random;
  return (static_cast<uint64_t>(random()) << 32U | random()) >> 11U;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Shared by both ways of sending a speech.
class SpeechTask : public Task {
 public:
  SpeechTask(const Context& context, Snapshot now, SpeechRequest request, const Request& asked)
      : context_(context),
        request_(std::move(request)),
        id_(asked.id),
        speech_(context, std::move(now), request_.speech, asked.received) {}

 protected:
  const Options& options() const { return *speech_.now().options; }

  Result<void> open() {
    if (body_) return {};
    ORPHEUS_TRY(auto body, SpeechBody::open(request_, options().sample_rate_hz));
    body_.emplace(std::move(body));
    if (body_->wants_pieces()) {
      speech_.tell_pieces([this](const speech::PieceProgress& piece) { body_->announce(piece); });
    }
    if (body_->wants_words())
      speech_.tell_words([this](const speech::WordProgress& words) { body_->announce(words); });
    return {};
  }

  Response head() const {
    Response head;
    head.set("Content-Type", body_->content_type());
    head.set("Cache-Control", "no-store");
    head.set("X-Voice", request_.speech.voice);
    head.set("X-Model", shown_model_name(speech_.now()));
    head.set("X-Sample-Rate", std::to_string(body_->sample_rate_hz()));
    head.set("X-Seed", std::to_string(request_.speech.sampling.seed));
    return head;
  }

  void log_failure(const Error& error, bool began) const { log_failed_speech(id_, error, began); }

  static State state_of(speech::Speech::State state) {
    return state == speech::Speech::State::kMore ? State::kMore : State::kWaits;
  }

  const Context& context_;
  const SpeechRequest request_;
  const std::string id_;
  CountedSpeech speech_;
  std::optional<SpeechBody> body_;  // from the first step on
};

// Sends sound while it is made.
class StreamedSpeech final : public SpeechTask {
 public:
  using SpeechTask::SpeechTask;

  State step(ResponseWriter& out, const Wake& wake) override {
    if (const auto opened = open(); !opened) {
      out.send(error_response(api_error(opened.error())));
      return State::kDone;
    }
    Result<void> encoded;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          spoke_ = spoke_ || !samples.empty();
          std::vector<std::byte> bytes;
          encoded = body_->push(samples, bytes);
          return encoded && put(bytes, out);
        },
        wake, out);
    if (!encoded) stepped = fail(encoded.error());
    if (stepped && *stepped != speech::Speech::State::kDone) {
      send_announced(out);
      return state_of(*stepped);
    }
    end(stepped ? finish(out) : fail(stepped.error()), out);
    return State::kDone;
  }

 private:
  // Words of a piece do not wait for the next piece's sound.
  void send_announced(ResponseWriter& out) {
    if (!began_) return;
    std::vector<std::byte> bytes;
    body_->send_announced(bytes);
    if (!bytes.empty()) out.write(bytes);
  }

  bool put(const std::vector<std::byte>& bytes, ResponseWriter& out) {
    if (bytes.empty()) return true;
    if (!std::exchange(began_, true)) out.begin(head());
    return out.write(bytes);
  }

  Result<void> finish(ResponseWriter& out) {
    if (!spoke_) {
      out.send(
          error_response({.status = 500, .message = "the voice produced no sound for this text"}));
      return {};
    }
    std::vector<std::byte> bytes;
    ORPHEUS_CHECK(body_->finish(speech_.summary(), bytes));
    put(bytes, out);
    out.finish();
    return {};
  }

  // Plain sound and lines of JSON break off: neither has a way to tell an error.
  void end(const Result<void>& spoken, ResponseWriter& out) const {
    if (spoken) return;
    log_failure(spoken.error(), began_);
    const bool is_draining = context_.live.draining();
    if (!began_) return out.send(failure_response(spoken.error(), is_draining));
    const auto told = body_->failure(failure_of(spoken.error(), is_draining));
    if (told.empty()) return;
    out.write(told);
    out.finish();
  }

  bool began_ = false;
  bool spoke_ = false;
};

// Sends the speech in one piece, with its length.
class WholeSpeech final : public SpeechTask {
 public:
  using SpeechTask::SpeechTask;

  State step(ResponseWriter& out, const Wake& wake) override {
    if (const auto opened = open(); !opened) {
      out.send(error_response(api_error(opened.error())));
      return State::kDone;
    }
    if (request_.words) {
      speech_.tell_words([this](const speech::WordProgress& progress) {
        words_.insert(words_.end(), progress.words.begin(), progress.words.end());
      });
    }
    Result<void> encoded;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          encoded = body_->push(samples, bytes_);
          return encoded && !is_too_long();
        },
        wake, out);
    if (is_too_long()) {
      stepped = fail({.kind = ErrorKind::kLimit,
                      .what = "the sound is too long for one complete response",
                      .expected = "at most " + std::to_string(kMaxWholeBytes >> 20U) + " MiB",
                      .remedy = request_.has_timestamps ? "Ask for /stream/with-timestamps."
                                                        : "Leave out \"stream\": false."});
    }
    if (stepped && encoded && *stepped != speech::Speech::State::kDone) return state_of(*stepped);
    if (encoded && stepped) encoded = body_->finish(speech_.summary(), bytes_);
    if (!encoded) stepped = fail(encoded.error());
    if (stepped) {
      send(out);
    } else {
      log_failure(stepped.error(), false);
      out.send(failure_response(stepped.error(), context_.live.draining()));
    }
    return State::kDone;
  }

 private:
  bool is_too_long() const { return bytes_.size() + body_->num_kept_bytes() > kMaxWholeBytes; }

  void send(ResponseWriter& out) {
    complete(body_->patches(), bytes_);
    Response whole = head();
    whole.set("X-Generation-Time-Ms",
              std::to_string(std::llround(seconds_since(speech_.received()) * 1000)));
    if (request_.words) {
      whole.set("Content-Type", "application/json");
      whole.body = with_words();
    } else {
      whole.body.assign(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    }
    bytes_ = {};  // the client may take its time
    out.send(std::move(whole));
  }

  std::string with_words() const {
    using Json = nlohmann::ordered_json;
    const text::Utf16Offsets utf16(request_.speech.text);
    Json words = Json::array();
    for (const align::WordTime& word : words_)
      words.push_back(word_json(word, request_.speed, utf16));
    Json body = {{"object", "orpheus.speech"},
                 {"format", audio::name_of(request_.format)},
                 {"sample_rate", body_->sample_rate_hz()},
                 {"seconds", word_seconds(speech_.summary().num_samples, request_.speed)}};
    body["words"] = std::move(words);
    return with_sound(body.dump(-1, ' ', false, Json::error_handler_t::replace), "audio", bytes_);
  }

  std::vector<std::byte> bytes_;
  std::vector<align::WordTime> words_;
};

Answer answer_speech(const Context& context, const Request& asked) {
  auto request = parse_speech_request(asked.body, *context.live.now().options);
  if (!request) return error_response(request.error());
  auto work = speak(context, std::move(*request), asked);
  if (!work) return refusal_to_speak(work.error());
  return std::move(*work);
}

}  // namespace

std::string shown_model_name(const Snapshot& now) {
  if (!now.options->model_name.empty()) return now.options->model_name;
  return now.synthesiser ? now.synthesiser->model_name() : "orpheus";
}

Response refusal_to_speak(const ApiError& error) {
  Response response = error_response(error);
  if (error.status == 503) response.set("Retry-After", "5");
  return response;
}

tl::expected<Snapshot, ApiError> prepare_speech(const Context& context, const Request& asked,
                                                SpeechRequest& request) {
  Snapshot now = context.live.now();
  if (context.live.draining()) {
    return tl::unexpected(stopping_error());
  }
  if (!now.synthesiser) {
    return tl::unexpected(ApiError{.status = 503,
                                   .message =
                                       "the server is loading its voice. Try again in a moment; "
                                       "/health/ready reports when it is ready.",
                                   .code = "model_loading"});
  }
  auto voice = now.synthesiser->voice_for(request.speech);
  if (!voice) {
    ApiError error = api_error(voice.error());
    error.param = "voice";
    error.code = error.status == 404 ? "voice_not_found" : "invalid_value";
    return tl::unexpected(error);
  }
  request.speech.voice = std::move(voice->name);
  request.speech.listener = listener_of(*now.options, asked);
  request.speech.playback = std::make_shared<lm::Playback>(asked.received);
  request.speech.sampling.seed = request.seed ? *request.seed : draw_seed();
  return now;
}

tl::expected<Work, ApiError> speak(const Context& context, SpeechRequest request,
                                   const Request& asked) {
  auto now = prepare_speech(context, asked, request);
  if (!now) return tl::unexpected(now.error());
  if (now->options->log_text) {
    log::write(log::Level::kInfo, "text",
               {{"id", asked.id}, {"voice", request.speech.voice}, {"text", request.speech.text}});
  }
  Work work = work_of(request, *now->synthesiser);
  if (request.delivery == Delivery::kWhole) {
    work.task = std::make_unique<WholeSpeech>(context, std::move(*now), std::move(request), asked);
  } else {
    work.task =
        std::make_unique<StreamedSpeech>(context, std::move(*now), std::move(request), asked);
  }
  return work;
}

Work work_of(const SpeechRequest& request, const speech::Synthesiser& synthesiser) {
  return {.cancel = request.speech.cancel,
          .task = nullptr,
          .playback = request.speech.playback,
          .expected_seconds = speech::usual_seconds(
              request.speech.text, synthesiser.characters_per_second(request.speech.voice)),
          .voice = request.speech.voice,
          .num_characters = count_code_points(request.speech.text)};
}

std::vector<Route> speech_routes(const Context& context) {
  const Handler handler = [&context](const Request& request) {
    return answer_speech(context, request);
  };
  return {{"POST", "/v1/audio/speech", handler, Access::kKey},
          {"POST", "/v1/speech/audio", handler, Access::kKey}};
}

}  // namespace orpheus::http
