#include "http/speech_api.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <utility>

#include "audio/wav.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/errors.h"
#include "http/speech_body.h"

namespace orpheus::http {
namespace {

using Clock = std::chrono::steady_clock;

// Of an answer in one piece: 22 minutes of wav.
constexpr size_t kMaxWholeBytes = 64U << 20U;

// 53 bits: a seed that JavaScript can send back as it read it.
uint64_t draw_seed() {
  std::random_device random;
  return (static_cast<uint64_t>(random()) << 32U | random()) >> 11U;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One request on its worker's thread.
struct Speaking {
  const Context& context;
  const Snapshot& now;
  const SpeechRequest& request;
  const Request& asked;  // without its body
  ResponseWriter& out;

  Response head(std::string_view content_type) const {
    Response head;
    head.set("Content-Type", content_type);
    head.set("Cache-Control", "no-store");
    head.set("X-Voice", request.speech.voice);
    head.set("X-Model", shown_model_name(now));
    head.set("X-Sample-Rate", std::to_string(now.options->sample_rate_hz));
    head.set("X-Seed", std::to_string(request.speech.sampling.seed));
    return head;
  }

  void log_failure(const Error& error, bool began) const {
    if (error.kind == ErrorKind::kCancelled) return;
    if (began || http_status(error.kind) >= 500) {
      log::error("id={} error=\"{}\"", asked.id, printable(error.message()));
    }
  }

  void run() const {
    auto body = SpeechBody::open(request, now.options->sample_rate_hz);
    if (!body) {
      out.send(error_response(api_error(body.error())));
    } else if (request.delivery == Delivery::kWhole) {
      send_whole(*body);
    } else {
      stream(*body);
    }
  }

  void stream(SpeechBody& body) const {
    bool began = false;
    bool spoke = false;
    Result<void> encoded;
    const auto put = [&](const std::vector<std::byte>& bytes) {
      if (bytes.empty()) return true;
      if (!std::exchange(began, true)) out.begin(head(body.content_type()));
      return out.write(bytes);
    };
    speech::Request speech = request.speech;
    if (request.progress) {
      speech.on_piece = [&](const speech::PieceProgress& piece) { body.announce(piece); };
    }
    auto spoken =
        speak_counted(context, now, speech, asked.received, [&](std::span<const float> samples) {
          spoke = spoke || !samples.empty();
          std::vector<std::byte> bytes;
          encoded = body.push(samples, bytes);
          return encoded && put(bytes);
        });
    if (!encoded) spoken = fail(encoded.error());
    if (spoken && spoke) {
      std::vector<std::byte> bytes;
      encoded = body.finish(*spoken, bytes);
      if (encoded) {
        if (put(bytes)) out.finish();
        return;
      }
      spoken = fail(encoded.error());
    }
    if (spoken) {
      out.send(error_response({.status = 500, .message = "the voice made no sound for this text"}));
      return;
    }
    log_failure(spoken.error(), began);
    if (!began) {
      out.send(failure_response(spoken.error(), context.live.draining()));
    } else if (const auto told = body.failure(api_error(spoken.error())); !told.empty()) {
      if (out.write(told)) out.finish();
    }
  }

  void send_whole(SpeechBody& body) const {
    std::vector<std::byte> bytes;
    Result<void> encoded;
    auto spoken = speak_counted(context, now, request.speech, asked.received,
                                [&](std::span<const float> samples) {
                                  encoded = body.push(samples, bytes);
                                  return encoded && bytes.size() <= kMaxWholeBytes;
                                });
    if (bytes.size() > kMaxWholeBytes) {
      spoken = fail({.kind = ErrorKind::kLimit,
                     .what = "the speech is too long to be sent in one piece",
                     .expected = "at most " + std::to_string(kMaxWholeBytes >> 20U) + " MiB",
                     .remedy = "Leave out \"stream\": false."});
    }
    if (encoded && spoken) encoded = body.finish(*spoken, bytes);
    if (!encoded) spoken = fail(encoded.error());
    if (!spoken) {
      log_failure(spoken.error(), false);
      out.send(failure_response(spoken.error(), context.live.draining()));
      return;
    }
    if (request.format == audio::Format::kWav) {
      const auto num_samples = static_cast<int64_t>((bytes.size() - audio::kWavHeaderBytes) / 2);
      const auto header = audio::wav_header(now.options->sample_rate_hz, num_samples);
      std::copy(header.begin(), header.end(), bytes.begin());
    }
    Response whole = head(body.content_type());
    whole.set("X-Generation-Time-Ms",
              std::to_string(std::llround(seconds_since(asked.received) * 1000)));
    whole.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    out.send(std::move(whole));
  }
};

Answer answer_speech(const Context& context, const Request& asked) {
  const Snapshot before = context.live.now();
  auto request = parse_speech_request(asked.body, *before.options);
  if (!request) return error_response(request.error());
  auto now = prepare_speech(context, *request);
  if (!now) return refusal_to_speak(now.error());
  if (now->options->log_text) {
    log::info("id={} voice={} text=\"{}\"", asked.id, printable(request->speech.voice),
              printable(request->speech.text));
  }
  Request kept{
      .method = asked.method, .path = asked.path, .id = asked.id, .received = asked.received};
  return Work{.cancel = request->speech.cancel,
              .run = [&context, now = std::move(*now), request = std::move(*request),
                      kept = std::move(kept)](ResponseWriter& out) {
                Speaking{context, now, request, kept, out}.run();
              }};
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

tl::expected<Snapshot, ApiError> prepare_speech(const Context& context, SpeechRequest& request) {
  Snapshot now = context.live.now();
  if (context.live.draining()) {
    return tl::unexpected(
        ApiError{.status = 503, .message = "the server is stopping", .code = "server_stopping"});
  }
  if (!now.synthesiser) {
    return tl::unexpected(ApiError{.status = 503,
                                   .message = "the voice is being loaded. Try again in a moment; "
                                              "/health/ready says when it is there.",
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
  request.speech.sampling.seed = request.seed ? *request.seed : draw_seed();
  return now;
}

Result<speech::Summary> speak_counted(const Context& context, const Snapshot& now,
                                      const speech::Request& speech, Clock::time_point received,
                                      const speech::SampleSink& sink) {
  Metrics& metrics = context.metrics;
  const Clock::time_point start = Clock::now();
  Clock::time_point first_sent;
  double seconds_sent = 0;
  bool began = false;
  double seconds_blocked = 0;  // by a listener who does not keep up: not the voice's fault
  const auto counting = [&](std::span<const float> samples) {
    if (samples.empty()) return sink(samples);
    if (!std::exchange(began, true)) {
      metrics.time_to_first_byte_seconds.observe(seconds_since(received));
      first_sent = Clock::now();
    } else if (seconds_since(first_sent) > seconds_sent) {
      metrics.underruns.add();
      first_sent = Clock::now();  // he starts anew from here
      seconds_sent = 0;
    }
    seconds_sent += static_cast<double>(samples.size()) / speech::kSampleRateHz;
    const Clock::time_point before = Clock::now();
    const bool goes_on = sink(samples);
    const double waited = seconds_since(before);
    seconds_blocked += waited;
    return goes_on;
  };
  metrics.requests_running.add(1);
  auto spoken = now.synthesiser->speak(speech, counting);
  metrics.requests_running.add(-1);
  if (spoken) {
    metrics.prompt_tokens.add(static_cast<uint64_t>(std::max(0, spoken->num_prompt_tokens)));
    metrics.audio_tokens.add(static_cast<uint64_t>(std::max(0, spoken->num_audio_tokens)));
    const double seconds = static_cast<double>(spoken->num_samples) / speech::kSampleRateHz;
    metrics.audio_milliseconds.add(static_cast<uint64_t>(std::max(0.0, seconds * 1000)));
    const double making = seconds_since(start) - seconds_blocked;
    if (seconds > 0 && making > 0) metrics.real_time_factor.observe(seconds / making);
  } else if (spoken.error().kind == ErrorKind::kCancelled || speech.cancel.cancelled()) {
    metrics.cancelled.add();
  } else {
    metrics.failed(spoken.error().kind);
  }
  return spoken;
}

std::vector<Route> speech_routes(const Context& context) {
  const Handler handler = [&context](const Request& request) {
    return answer_speech(context, request);
  };
  return {{"POST", "/v1/audio/speech", handler, Access::kKey},
          {"POST", "/v1/speech/audio", handler, Access::kKey}};
}

}  // namespace orpheus::http
