#pragma once
// A speech of the synthesiser that counts itself in the metrics. Belongs to one thread at a
// time.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

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

  // Counts as waiting from now on. The context must outlive it.
  CountedSpeech(const Context& context, Snapshot now, speech::Request request,
                Clock::time_point received);
  ~CountedSpeech();
  CountedSpeech(const CountedSpeech&) = delete;
  CountedSpeech& operator=(const CountedSpeech&) = delete;

  // Like speech::Speech::step. The first step begins the speech. on_piece, if not empty, is called
  // for each piece. Errors: those of Synthesiser::begin and Speech::step.
  Result<State> step(const speech::SampleSink& sink, const Wake& wake, const ResponseWriter& out);
  void tell_pieces(std::function<void(const speech::PieceProgress&)> on_piece);
  // on_words, if not empty, is called for the words of each piece. Call it before the first step.
  void tell_words(std::function<void(const speech::WordProgress&)> on_words);

  speech::Summary summary() const { return speech_ ? speech_->summary() : speech::Summary{}; }
  const Snapshot& now() const { return now_; }
  const speech::Request& request() const { return request_; }
  Clock::time_point received() const { return received_; }

 private:
  void count(std::span<const float> samples);
  void count_wait(bool waits_for_text);
  void end(const std::optional<Error>& error, double seconds_held_up);

  const Context& context_;
  const Snapshot now_;
  speech::Request request_;
  const Clock::time_point received_;
  std::unique_ptr<speech::Speech> speech_;  // from the first step on
  std::optional<Clock::time_point> started_;
  std::optional<Clock::time_point> dry_at_;  // set after the first sound
  // A speech that waits for its text makes no gap, and its time does not count.
  std::optional<Clock::time_point> waits_for_text_since_;
  Clock::duration waited_for_text_{};
  bool follows_wait_ = false;  // the next sound
  bool ended_ = false;
};

// Writes the failure of a speech to the log if it is the server's: not that of a client that left,
// or that the server is too busy for. has_begun: the client has sound.
void log_failed_speech(std::string_view request_id, const Error& error, bool has_begun);

}  // namespace orpheus::http
