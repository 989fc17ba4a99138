#include "http/live_speech.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "audio/encoder.h"
#include "http/counted_speech.h"
#include "http/errors.h"
#include "http/speech_body.h"
#include "lm/too_busy.h"
#include "speech/script.h"

namespace orpheus::http {
namespace {

using std::chrono::microseconds;

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
    if (!stepped && speech::is_nothing_to_speak(stepped.error()) &&
        turn_.messages->may_be_silent()) {
      return end({}, 0, out);
    }
    if (!stepped) return refuse(stepped.error(), out);
    // Words of a piece do not wait for the next piece's sound.
    if (!frames_.empty() && *stepped != speech::Speech::State::kDone) put(out);
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
    const double start_s = seconds(static_cast<double>(piece.first_sample));
    turn_.heard->begin_piece(start_s, piece.spanned == nullptr ? text::Spanned() : *piece.spanned);
    text_ = request_.speech.live->text();
    turn_.messages->begin_piece(piece, text_, start_s, frames_);
  }

  // An interruption is placed by the words, whether the client wants them or not.
  void note(const speech::WordProgress& words) {
    turn_.heard->add_words(words.words, request_.speed);
    turn_.messages->add_words(words, text_, frames_);
  }

  // Puts what was encoded into a message.
  void send_sound() {
    if (sound_.empty()) return;
    const microseconds length(
        static_cast<int64_t>(seconds(static_cast<double>(num_samples_)) * 1e6));
    num_samples_ = 0;
    turn_.messages->sound(sound_, length, frames_);
    sound_.clear();
  }

  bool put(ResponseWriter& out) {
    if (!std::exchange(has_begun_, true)) out.begin({});
    const bool listens = out.write(frames_);
    frames_.clear();
    return listens;
  }

  State finish(ResponseWriter& out) {
    if (const auto encoded = encoder_->finish(sound_); !encoded)
      return refuse(encoded.error(), out);
    send_sound();
    const speech::Summary made = speech_.summary();
    return end(made, seconds(static_cast<double>(made.num_samples)), out);
  }

  State end(const speech::Summary& made, double length_s, ResponseWriter& out) {
    turn_.heard->end(length_s);
    turn_.messages->end(made, length_s, frames_);
    put(out);
    out.finish();
    return State::kDone;
  }

  State refuse(const Error& error, ResponseWriter& out) {
    const bool is_left = error.kind == ErrorKind::kCancelled && !context_.live.draining();
    log_failed_speech(turn_.request_id, error, false);
    if (!has_begun_ && lm::is_too_busy(error)) {  // the socket adds when to try again
      out.send(failure_response(error, context_.live.draining()));
      return State::kDone;
    }
    if (!is_left) turn_.messages->fail(failure_of(error, context_.live.draining()), frames_);
    put(out);
    out.finish();
    return State::kDone;
  }

  const Context& context_;
  const SpeechRequest request_;
  const LiveTurn turn_;
  CountedSpeech speech_;
  bool has_begun_ = false;                   // the response
  std::unique_ptr<audio::Encoder> encoder_;  // from the first step on
  std::string text_;                         // that had arrived when the last piece began
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
