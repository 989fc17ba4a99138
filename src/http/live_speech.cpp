#include "http/live_speech.h"

#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "audio/encoder.h"
#include "base/log.h"
#include "http/counted_speech.h"
#include "http/errors.h"
#include "http/message_frames.h"
#include "http/piece_event.h"
#include "http/speech_body.h"
#include "http/word_json.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

std::string dumped(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class LiveSpeech final : public Task {
 public:
  LiveSpeech(const Context& context, Snapshot now, SpeechRequest request, LiveTurn turn)
      : context_(context),
        request_(std::move(request)),
        turn_(std::move(turn)),
        speech_(context, std::move(now), request_.speech, std::chrono::steady_clock::now()) {
    speech_.tell_pieces([this](const speech::PieceProgress& piece) { announce(piece); });
    speech_.tell_words([this](const speech::WordProgress& words) { note(words); });
  }

  State step(ResponseWriter& out, const Wake& wake) override {
    if (!encoder_) {
      out.begin({});
      auto opened = open();
      if (!opened) return refuse(opened.error(), out);
    }
    Result<void> encoded;
    auto stepped = speech_.step(
        [&](std::span<const float> samples) {
          encoded = encoder_->push(samples, sound_);
          num_samples_ += samples.size();
          send_sound();
          return encoded && put(out);
        },
        wake, out);
    if (!encoded) stepped = fail(encoded.error());
    if (!stepped) return refuse(stepped.error(), out);
    // Words of a piece do not wait for the next piece's sound.
    if (request_.words && !frames_.empty() && *stepped != speech::Speech::State::kDone) put(out);
    switch (*stepped) {
      case speech::Speech::State::kMore: return State::kMore;
      case speech::Speech::State::kWaits: return State::kWaits;
      case speech::Speech::State::kWaitsForText: return State::kWaitsForClient;
      case speech::Speech::State::kDone: break;
    }
    return finish(out);
  }

 private:
  Result<void> open() {
    ORPHEUS_TRY(encoder_, audio::open_encoder(
                              encoder_options(request_, speech_.now().options->sample_rate_hz)));
    return {};
  }

  double seconds(double num_samples) const {
    return num_samples / speech::kSampleRateHz / request_.speed;
  }

  void announce(const speech::PieceProgress& piece) {
    turn_.heard->begin_piece(seconds(static_cast<double>(piece.first_sample)),
                             piece.spanned == nullptr ? text::Spanned() : *piece.spanned);
    const text::Utf16Offsets utf16(request_.speech.live->text());
    Json event = piece_event(piece, utf16, request_.speed);
    event.erase("count");  // not known before the text's end
    event["response_id"] = turn_.response_id;
    append_frame(dumped(event), microseconds(0), frames_);
  }

  // An interruption is placed by the words, whether the client wants them or not.
  void note(const speech::WordProgress& words) {
    turn_.heard->add_words(words.words, request_.speed);
    if (!request_.words) return;
    const text::Utf16Offsets utf16(request_.speech.live->text());
    Json event = words_event(words, utf16, request_.speed);
    event["response_id"] = turn_.response_id;
    append_frame(dumped(event), microseconds(0), frames_);
  }

  // Puts what was encoded into a message.
  void send_sound() {
    if (sound_.empty()) return;
    const microseconds length(
        static_cast<int64_t>(seconds(static_cast<double>(num_samples_)) * 1e6));
    num_samples_ = 0;
    if (turn_.sends_binary) {
      append_frame(true, length, sound_, frames_);
    } else {
      append_frame(dumped({{"type", "speech.audio.delta"},
                           {"response_id", turn_.response_id},
                           {"audio", base64(sound_)}}),
                   length, frames_);
    }
    sound_.clear();
  }

  bool put(ResponseWriter& out) {
    const bool listens = out.write(frames_);
    frames_.clear();
    return listens;
  }

  State finish(ResponseWriter& out) {
    if (const auto encoded = encoder_->finish(sound_); !encoded)
      return refuse(encoded.error(), out);
    send_sound();
    const speech::Summary made = speech_.summary();
    const double length = seconds(static_cast<double>(made.num_samples));
    turn_.heard->end(length);
    append_frame(dumped({{"type", "speech.audio.done"},
                         {"response_id", turn_.response_id},
                         {"seconds", length},
                         {"usage",
                          {{"input_tokens", made.num_prompt_tokens},
                           {"output_tokens", made.num_audio_tokens},
                           {"total_tokens", made.num_prompt_tokens + made.num_audio_tokens}}}}),
                 microseconds(0), frames_);
    if (put(out)) out.finish();
    return State::kDone;
  }

  State refuse(const Error& error, ResponseWriter& out) {
    const bool is_left = error.kind == ErrorKind::kCancelled && !context_.live.draining();
    if (http_status(error.kind) >= 500 && error.kind != ErrorKind::kCancelled) {
      log::write(log::Level::kError, "a speech failed",
                 {{"id", turn_.request_id}, {"error", error.message()}});
    }
    if (!is_left) {
      Json event = Json::parse(failure_response(error, context_.live.draining()).body);
      event["type"] = "error";
      event["response_id"] = turn_.response_id;
      append_frame(dumped(event), microseconds(0), frames_);
    }
    if (put(out)) out.finish();
    return State::kDone;
  }

  const Context& context_;
  const SpeechRequest request_;
  const LiveTurn turn_;
  CountedSpeech speech_;
  std::unique_ptr<audio::Encoder> encoder_;  // from the first step on
  std::vector<std::byte> sound_;             // encoded, not in a message yet
  size_t num_samples_ = 0;                   // given to the encoder since the last message
  std::vector<std::byte> frames_;            // not written yet
};

}  // namespace

std::unique_ptr<Task> live_speech(const Context& context, Snapshot now, SpeechRequest request,
                                  LiveTurn turn) {
  return std::make_unique<LiveSpeech>(context, std::move(now), std::move(request), std::move(turn));
}

}  // namespace orpheus::http
