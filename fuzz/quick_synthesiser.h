#pragma once
// For fuzz targets: a synthesiser without threads, which speaks a few samples for each part of a
// text, so that millions of conversations can be spoken.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "align/word_time.h"
#include "speech/live_text.h"
#include "speech/script.h"
#include "speech/synthesiser.h"
#include "text/spanned.h"

namespace orpheus {

class QuickSpeech final : public speech::Speech {
 public:
  explicit QuickSpeech(speech::Request request) : request_(std::move(request)) {}

  Result<State> step(const speech::SampleSink& sink) override {
    if (request_.cancel.cancelled()) return fail({.kind = ErrorKind::kCancelled, .what = "left"});
    bool has_ended = true;
    if (request_.live) {
      auto news = request_.live->take();
      for (const auto& stretch : news.stretches) {
        if (!speak(stretch.text, stretch.begin, sink))
          return fail({.kind = ErrorKind::kCancelled, .what = "left"});
      }
      has_ended = news.has_ended;
    } else if (!speak(request_.text, 0, sink)) {
      return fail({.kind = ErrorKind::kCancelled, .what = "left"});
    }
    if (!has_ended) return State::kWaitsForText;
    if (num_samples_ == 0) return fail(speech::nothing_to_speak("..."));
    return State::kDone;
  }

  speech::Summary summary() const override {
    return {.num_prompt_tokens = 3, .num_audio_tokens = 7, .num_samples = num_samples_};
  }

 private:
  static constexpr size_t kSamples = 32;  // of a part

  bool speak(std::string_view part, size_t begin, const speech::SampleSink& sink) {
    if (part.find_first_not_of(" .\n") == part.npos) return true;
    text::Spanned words;
    words.append_verbatim(part, begin);
    if (request_.on_piece) {
      request_.on_piece({.index = index_++,
                         .text = words.text(),
                         .first_sample = num_samples_,
                         .voice = "tara",
                         .language = "en",
                         .spanned = &words});
    }
    num_samples_ += kSamples;
    return sink(std::array<float, kSamples>{});
  }

  const speech::Request request_;
  size_t index_ = 0;
  int64_t num_samples_ = 0;
};

class QuickSynthesiser final : public speech::Synthesiser {
 public:
  Result<void> check(const speech::Request& /*request*/) const override { return {}; }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request request,
                                                std::function<void()> /*wake*/) override {
    return std::make_unique<QuickSpeech>(std::move(request));
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  const std::string& model_name() const override { return name_; }

 private:
  const std::vector<prompt::Voice> voices_ = {{"tara", "en", "female", "conversational"},
                                              {"leo", "en", "male", "authoritative"},
                                              {"유나", "ko", "female", ""}};
  const std::string name_ = "quick";
};

}  // namespace orpheus
