#pragma once
// A speech as the server makes it: the synthesiser's, counted by the metrics. Belongs to one thread
// at a time.

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "http/answer.h"
#include "http/context.h"
#include "http/live.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

class CountedSpeech {
 public:
  using Clock = std::chrono::steady_clock;
  using State = speech::Speech::State;

  // Counts among those that wait from here on. The context must outlive it.
  CountedSpeech(const Context& context, Snapshot now, speech::Request request,
                Clock::time_point received);
  ~CountedSpeech();
  CountedSpeech(const CountedSpeech&) = delete;
  CountedSpeech& operator=(const CountedSpeech&) = delete;

  // As speech::Speech::step; the first one begins the speech, and on_piece, where it is not empty,
  // is told of each piece. Errors: those of Synthesiser::begin and Speech::step.
  Result<State> step(const speech::SampleSink& sink, const Wake& wake, const ResponseWriter& out);
  void tell_pieces(std::function<void(const speech::PieceProgress&)> on_piece);

  speech::Summary summary() const { return speech_ ? speech_->summary() : speech::Summary{}; }
  const Snapshot& now() const { return now_; }
  const speech::Request& request() const { return request_; }
  Clock::time_point received() const { return received_; }

 private:
  void count(std::span<const float> samples);
  void end(const std::optional<Error>& error, double seconds_held_up);

  const Context& context_;
  const Snapshot now_;
  speech::Request request_;
  const Clock::time_point received_;
  std::unique_ptr<speech::Speech> speech_;  // from the first step on
  std::optional<Clock::time_point> started_;
  std::optional<Clock::time_point> dry_at_;  // once there was sound
  bool ended_ = false;
};

}  // namespace orpheus::http
