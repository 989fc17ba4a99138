#pragma once
// For tests: a synthesiser that speaks a sine, or does whatever its script says.

#include <cmath>
#include <functional>
#include <future>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "http/context.h"
#include "speech/synthesiser.h"

namespace orpheus::http {

// One frame of a tone that goes on from frame to frame.
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

class FakeSynthesiser final : public speech::Synthesiser {
 public:
  using Script =
      std::function<Result<speech::Summary>(const speech::Request&, const speech::SampleSink&)>;

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

  Result<void> check(const speech::Request& /*request*/) const override { return {}; }
  Result<speech::Summary> speak(const speech::Request& request,
                                const speech::SampleSink& sink) override {
    return script_(request, sink);
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  const std::string& model_name() const override { return model_name_; }

 private:
  const Script script_;
  const std::vector<prompt::Voice> voices_ = {{"tara", "en", "female", "conversational"},
                                              {"leo", "en", "male", "authoritative"},
                                              {"유나", "ko", "female", ""}};
  const std::string model_name_ = "sine";
};

// What API families need, over one synthesiser and outside of any server.
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
