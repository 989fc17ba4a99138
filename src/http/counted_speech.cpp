#include "http/counted_speech.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/log.h"
#include "http/errors.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

double seconds_since(CountedSpeech::Clock::time_point start) {
  return std::chrono::duration<double>(CountedSpeech::Clock::now() - start).count();
}

}  // namespace

CountedSpeech::CountedSpeech(const Context& context, Snapshot now, speech::Request request,
                             Clock::time_point received)
    : context_(context), now_(std::move(now)), request_(std::move(request)), received_(received) {
  context_.metrics.requests_waiting.add(1);
}

CountedSpeech::~CountedSpeech() {
  if (!ended_ && started_) context_.metrics.cancelled.add();
  (dry_at_ ? context_.metrics.requests_running : context_.metrics.requests_waiting).add(-1);
}

void CountedSpeech::tell_pieces(std::function<void(const speech::PieceProgress&)> on_piece) {
  request_.on_piece = std::move(on_piece);
}

void CountedSpeech::tell_words(std::function<void(const speech::WordProgress&)> on_words) {
  request_.on_words = std::move(on_words);
}

Result<CountedSpeech::State> CountedSpeech::step(const speech::SampleSink& sink, const Wake& wake,
                                                 const ResponseWriter& out) {
  auto stepped = [&]() -> Result<State> {
    if (!started_) {
      started_ = Clock::now();
      ORPHEUS_TRY(speech_, now_.synthesiser->begin(request_, wake));
    }
    return speech_->step([&](std::span<const float> samples) {
      count(samples);
      return sink(samples);
    });
  }();
  count_wait(stepped && *stepped == State::kWaitsForText);
  if (!stepped) {
    end(stepped.error(), 0);
  } else if (*stepped == State::kDone) {
    end(std::nullopt, out.seconds_held_up());
  }
  return stepped;
}

void CountedSpeech::count_wait(bool waits_for_text) {
  const auto now = Clock::now();
  if (waits_for_text && !waits_for_text_since_) waits_for_text_since_ = now;
  if (waits_for_text || !waits_for_text_since_) return;
  waited_for_text_ += now - *waits_for_text_since_;
  waits_for_text_since_.reset();
  follows_wait_ = true;
}

void CountedSpeech::count(std::span<const float> samples) {
  if (samples.empty()) return;
  Metrics& metrics = context_.metrics;
  const auto now = Clock::now();
  if (!dry_at_) {
    metrics.time_to_first_byte_seconds.observe(seconds_since(received_));
    if (request_.live) metrics.live_first_sound_seconds.observe(seconds_since(received_));
    metrics.requests_waiting.add(-1);
    metrics.requests_running.add(1);
  } else if (*dry_at_ < now && !follows_wait_) {
    metrics.underruns.add();
  }
  follows_wait_ = false;
  const std::chrono::duration<double> length(static_cast<double>(samples.size()) /
                                             speech::kSampleRateHz);
  dry_at_ =
      std::max(dry_at_.value_or(now), now) + std::chrono::duration_cast<Clock::duration>(length);
}

void CountedSpeech::end(const std::optional<Error>& error, double seconds_held_up) {
  Metrics& metrics = context_.metrics;
  ended_ = true;
  if (error) {
    const bool left = error->kind == ErrorKind::kCancelled || request_.cancel.cancelled();
    if (left) {
      metrics.cancelled.add();
    } else if (!lm::is_too_busy(*error)) {  // it counts as refused
      metrics.failed(error->kind);
    }
    return;
  }
  const auto text_ended_at = request_.live ? request_.live->ended_at() : std::nullopt;
  if (text_ended_at) metrics.live_last_sound_seconds.observe(seconds_since(*text_ended_at));
  const speech::Summary made = summary();
  metrics.prompt_tokens.add(static_cast<uint64_t>(std::max(0, made.num_prompt_tokens)));
  metrics.audio_tokens.add(static_cast<uint64_t>(std::max(0, made.num_audio_tokens)));
  const double seconds = static_cast<double>(made.num_samples) / speech::kSampleRateHz;
  metrics.audio_milliseconds.add(static_cast<uint64_t>(std::max(0.0, seconds * 1000)));
  const double making = seconds_since(*started_) - seconds_held_up -
                        std::chrono::duration<double>(waited_for_text_).count();
  if (seconds > 0 && making > 0) metrics.real_time_factor.observe(seconds / making);
}

void log_failed_speech(std::string_view request_id, const Error& error, bool has_begun) {
  if (error.kind == ErrorKind::kCancelled || lm::is_too_busy(error)) return;
  if (!has_begun && http_status(error.kind) < 500) return;
  log::write(log::Level::kError, "a speech failed",
             {{"id", std::string(request_id)}, {"error", error.message()}});
}

}  // namespace orpheus::http
