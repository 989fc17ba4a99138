#pragma once
// For tests: a synthesiser that speaks a sine or follows a script.

#include <cmath>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "http/answer.h"
#include "http/context.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// One frame of a tone that continues from frame to frame.
inline std::vector<float> sine_frame(int frame) {
  constexpr double kPerSample = 2 * std::numbers::pi * 440 / speech::kSampleRateHz;
  std::vector<float> samples(speech::kSamplesPerFrame);
  for (size_t i = 0; i < samples.size(); ++i) {
    const double position =
        static_cast<double>(frame) * speech::kSamplesPerFrame + static_cast<double>(i);
    samples[i] = static_cast<float>(0.5 * std::sin(kPerSample * position));
  }
  return samples;
}

// Runs a script on its own thread and hands over its samples, one piece in each step. The request's
// functions are called within a step, as the interface says.
class ScriptedSpeech final : public speech::Speech {
 public:
  using Script =
      std::function<Result<speech::Summary>(const speech::Request&, const speech::SampleSink&)>;

  ScriptedSpeech(const Script& script, speech::Request request, std::function<void()> wake)
      : playback_(request.playback),
        wake_(std::move(wake)),
        thread_([this, script, request = std::move(request)] {
          Result<speech::Summary> spoken;
          std::exception_ptr thrown;
          try {
            spoken =
                script(within_steps(request), [this](auto samples) { return hand_over(samples); });
          } catch (...) {
            thrown = std::current_exception();
          }
          {
            const std::lock_guard lock(mutex_);
            spoken_ = std::move(spoken);
            thrown_ = thrown;
          }
          wake_();
        }) {}

  ~ScriptedSpeech() override {
    {
      const std::lock_guard lock(mutex_);
      left_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<State> step(const speech::SampleSink& sink) override {
    std::unique_lock lock(mutex_);
    if (offered_) {
      const auto num_samples = static_cast<double>(offered_->size());
      if (playback_) playback_->send(num_samples / speech::kSampleRateHz);
      left_ = !sink(*offered_);
      offered_.reset();
      changed_.notify_all();
      return State::kMore;
    }
    if (call_) {
      std::exchange(call_, nullptr)();
      changed_.notify_all();
      return State::kMore;
    }
    if (thrown_) std::rethrow_exception(thrown_);
    if (!spoken_) return State::kWaits;
    if (!*spoken_) return fail(spoken_->error());
    return State::kDone;
  }

  speech::Summary summary() const override {
    const std::lock_guard lock(mutex_);
    return spoken_ && *spoken_ ? **spoken_ : speech::Summary{};
  }

 private:
  bool hand_over(std::span<const float> samples) {
    std::unique_lock lock(mutex_);
    if (left_) return false;
    offered_.emplace(samples.begin(), samples.end());
    lock.unlock();
    wake_();
    lock.lock();
    changed_.wait(lock, [&] { return left_ || !offered_; });
    return !left_;
  }

  speech::Request within_steps(speech::Request request) {
    if (request.on_piece) {
      request.on_piece = [this, told = request.on_piece](const speech::PieceProgress& piece) {
        call_in_step([&] { told(piece); });
      };
    }
    if (request.on_words) {
      request.on_words = [this, told = request.on_words](const speech::WordProgress& words) {
        call_in_step([&] { told(words); });
      };
    }
    return request;
  }

  void call_in_step(std::function<void()> call) {
    std::unique_lock lock(mutex_);
    if (left_) return;
    call_ = std::move(call);
    lock.unlock();
    wake_();
    lock.lock();
    changed_.wait(lock, [&] { return left_ || !call_; });
    call_ = nullptr;
  }

  const std::shared_ptr<lm::Playback> playback_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::vector<float>> offered_;
  std::function<void()> call_;  // waits for a step
  std::optional<Result<speech::Summary>> spoken_;
  std::exception_ptr thrown_;
  bool left_ = false;
  std::thread thread_;  // last: it uses the others
};

class FakeSynthesiser final : public speech::Synthesiser {
 public:
  using Script = ScriptedSpeech::Script;

  FakeSynthesiser() : FakeSynthesiser(sine(4)) {}
  explicit FakeSynthesiser(Script script) : script_(std::move(script)) {}

  // Speaks this many frames of the tone, whatever the text.
  static Script sine(int num_frames) {
    return [num_frames](const speech::Request&,
                        const speech::SampleSink& sink) -> Result<speech::Summary> {
      for (int frame = 0; frame < num_frames; ++frame) {
        if (!sink(sine_frame(frame))) return fail({.kind = ErrorKind::kCancelled, .what = "left"});
      }
      return speech::Summary{.num_samples = int64_t{num_frames} * speech::kSamplesPerFrame};
    };
  }

  // Speaks one frame of the tone, waits for the future, and speaks another.
  static Script waiting_between_frames(std::shared_future<void> go_on) {
    return [go_on = std::move(go_on)](const speech::Request&,
                                      const speech::SampleSink& sink) -> Result<speech::Summary> {
      sink(sine_frame(0));
      go_on.wait();
      sink(sine_frame(1));
      return speech::Summary{.num_samples = int64_t{2} * speech::kSamplesPerFrame};
    };
  }

  // What lexicon() gives.
  std::shared_ptr<const text::Lexicon> words;
  std::shared_ptr<const text::Lexicon> lexicon() const override { return words; }

  Result<void> check(const speech::Request& /*request*/) const override { return {}; }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request request,
                                                std::function<void()> wake) override {
    return std::make_unique<ScriptedSpeech>(script_, std::move(request), std::move(wake));
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  bool speaks_tags(std::string_view voice) const override { return voice != "leo"; }
  const std::string& model_name() const override { return model_name_; }

 private:
  const Script script_;
  const std::vector<prompt::Voice> voices_ = {{"tara", "en", "female", "conversational"},
                                              {"leo", "en", "male", "authoritative"},
                                              {"유나", "ko", "female", ""}};
  const std::string model_name_ = "sine";
};

// Steps a task to its end.
inline void run(Work work, ResponseWriter& out) {
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  const auto shared_wake = [&] {
    const std::lock_guard lock(mutex);
    woken = true;
    changed.notify_one();
  };
  while (true) {
    const auto state = work.task->step(out, shared_wake);
    if (state == Task::State::kDone) return work.task.reset();
    if (state == Task::State::kMore) continue;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return std::exchange(woken, false); });
  }
}

// A context for API families with one synthesiser and no server.
class FakeContext {
 public:
  explicit FakeContext(speech::Synthesiser& synthesiser, const Options& options = {})
      : live_(options) {
    live_.replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  }
  const Context& get() const { return context_; }
  Live& live() { return live_; }
  Metrics& metrics() { return metrics_; }

 private:
  Live live_;
  Metrics metrics_;
  Context context_{live_, metrics_};
};

}  // namespace orpheus::http
