#include "wyoming/speech_task.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "audio/encoder.h"
#include "http/counted_speech.h"
#include "http/errors.h"
#include "http/speech_body.h"
#include "speech/script.h"
#include "wyoming/errors.h"
#include "wyoming/event.h"

namespace orpheus::wyoming {
namespace {

using Json = nlohmann::ordered_json;
using http::ResponseWriter;
using http::Wake;

constexpr int kBytesPerSample = 2;
constexpr int kChannels = 1;

class SpeechTask final : public http::Task {
 public:
  SpeechTask(const http::Context& context, http::Snapshot now, http::SpeechRequest request,
             std::string request_id)
      : context_(context),
        request_(std::move(request)),
        request_id_(std::move(request_id)),
        speech_(context, std::move(now), request_.speech, std::chrono::steady_clock::now()) {}

  State step(ResponseWriter& out, const Wake& wake) override {
    if (!encoder_)
      if (const auto opened = open(); !opened) return refuse(opened.error(), out);
    Result<void> encoded;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          encoded = encoder_->push(samples, sound_);
          return encoded && send_sound(out);
        },
        wake, out);
    if (!encoded) stepped = fail(encoded.error());
    if (!stepped && speech::is_nothing_to_speak(stepped.error()) && request_.speech.live)
      return end_silently(out);
    if (!stepped) return refuse(stepped.error(), out);
    switch (*stepped) {
      case speech::Speech::State::kMore: return State::kMore;
      case speech::Speech::State::kWaits: return State::kWaits;
      case speech::Speech::State::kWaitsForText: return State::kWaitsForClient;
      case speech::Speech::State::kDone: break;
    }
    finish(out);
    return State::kDone;
  }

 private:
  Result<void> open() {
    const auto options = encoder_options(request_, speech_.now().options->sample_rate_hz);
    rate_hz_ = audio::encoded_rate_hz(options);
    ORPHEUS_TRY(encoder_, audio::open_encoder(options));
    return {};
  }

  int64_t milliseconds_sent() const {
    return std::llround(1000.0 * static_cast<double>(num_samples_) / rate_hz_);
  }

  // The data of the events of sound.
  std::string format() const {
    return Json{{"rate", rate_hz_},
                {"width", kBytesPerSample},
                {"channels", kChannels},
                {"timestamp", milliseconds_sent()}}
        .dump();
  }

  bool send_sound(ResponseWriter& out) {
    if (sound_.empty()) return true;
    std::vector<std::byte> events;
    if (!std::exchange(has_begun_, true)) {
      out.begin({});
      append_event("audio-start", format(), {}, events);
    }
    append_event("audio-chunk", format(), sound_, events);
    num_samples_ += static_cast<int64_t>(sound_.size()) / kBytesPerSample;
    sound_.clear();
    return out.write(events);
  }

  void finish(ResponseWriter& out) {
    if (const auto encoded = encoder_->finish(sound_); !encoded) {
      refuse(encoded.error(), out);
      return;
    }
    send_sound(out);
    if (!has_begun_) {
      out.send(http::error_response(
          {.status = 500, .message = "the voice produced no sound for this text"}));
      return;
    }
    std::vector<std::byte> events;
    append_event("audio-stop", Json{{"timestamp", milliseconds_sent()}}.dump(), {}, events);
    if (request_.speech.live) append_event("synthesize-stopped", {}, {}, events);
    out.write(events);
    out.finish();
  }

  // A text in parts that has no words, such as an emoji, ends as one of blanks does.
  static State end_silently(ResponseWriter& out) {
    out.begin({});
    std::vector<std::byte> events;
    append_event("synthesize-stopped", {}, {}, events);
    out.write(events);
    out.finish();
    return State::kDone;
  }

  State refuse(const Error& error, ResponseWriter& out) const {
    const bool was_cancelled = error.kind == ErrorKind::kCancelled;
    http::log_failed_speech(request_id_, error, has_begun_);
    http::Response refusal = http::failure_response(error, context_.live.draining());
    if (!has_begun_) {
      out.send(std::move(refusal));
    } else if (!was_cancelled) {
      std::vector<std::byte> events;
      append_error(refusal, events);
      out.write(events);
    }
    return State::kDone;
  }

  const http::Context& context_;
  const http::SpeechRequest request_;
  const std::string request_id_;
  http::CountedSpeech speech_;
  std::unique_ptr<audio::Encoder> encoder_;  // from the first step on
  int rate_hz_ = 0;
  std::vector<std::byte> sound_;  // encoded, not written yet
  int64_t num_samples_ = 0;       // written
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<http::Task> speech_task(const http::Context& context, http::Snapshot now,
                                        http::SpeechRequest request, std::string request_id) {
  return std::make_unique<SpeechTask>(context, std::move(now), std::move(request),
                                      std::move(request_id));
}

}  // namespace orpheus::wyoming
