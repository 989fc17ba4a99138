#pragma once
// Text to speech with the Orpheus voices, in C++. A thin layer over orpheus.h, which says what
// each setting means.
//
//   auto speaker = orpheus::Speaker::open();
//   if (!speaker) return complain(speaker.outcome.error);
//   const orpheus::Outcome spoken = speaker.value->speak(
//       {.text = "Hello."}, [&](std::span<const float> samples) { return play(samples); });
//
// A Speaker may be used by many threads at once.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <orpheus/orpheus.h>

namespace orpheus {

inline constexpr int kSampleRate = ORPHEUS_SAMPLE_RATE_HZ;

// Whether a call did what was asked; if not, why.
struct Outcome {
  orpheus_status status = ORPHEUS_OK;
  std::string error;  // what, expected, found, what to do
  explicit operator bool() const { return status == ORPHEUS_OK; }
};

struct SpeakerSettings {
  std::string model;  // empty with codec empty: the built-in voice
  std::string codec;
  std::string data_folder;
  std::string device;
  int32_t threads = 0;
};

struct SpeechRequest {
  std::string text;
  std::string voice;
  std::string language;
  bool numbers_as_words = true;
  bool greedy = false;
  float temperature = 0.6F;
  float top_p = 0.9F;
  int32_t top_k = 0;
  float min_p = 0.0F;
  float repetition_penalty = 1.1F;
  uint64_t seed = 0;
  int32_t max_tokens = 8192;
};

// Takes the next samples, mono at kSampleRate. False ends the speech.
using Samples = std::function<bool(std::span<const float>)>;

class Speaker {
 public:
  struct Opened;
  static Opened open(const SpeakerSettings& settings = {});

  // Blocks until all was said, the sink said enough (which is no error), or something failed.
  Outcome speak(const SpeechRequest& request, const Samples& sink) const {
    const auto or_null = [](const std::string& text) {
      return text.empty() ? nullptr : text.c_str();
    };
    const orpheus_request plain{.text = request.text.c_str(),
                                .voice = or_null(request.voice),
                                .language = or_null(request.language),
                                .numbers_as_written = request.numbers_as_words ? 0 : 1,
                                .greedy = request.greedy || request.temperature == 0 ? 1 : 0,
                                .temperature = request.temperature,
                                .top_p = request.top_p,
                                .top_k = request.top_k,
                                .min_p = request.min_p,
                                .repetition_penalty = request.repetition_penalty,
                                .seed = request.seed,
                                .max_tokens = request.max_tokens};
    orpheus_speech* begun = nullptr;
    orpheus_status status = orpheus_start(speaker_.get(), &plain, &begun);
    const std::unique_ptr<orpheus_speech, decltype(&orpheus_finish)> speech(begun, &orpheus_finish);
    std::array<float, 2048> samples{};
    size_t count = 1;
    while (status == ORPHEUS_OK && count > 0) {
      status = orpheus_next(speech.get(), samples.data(), samples.size(), &count);
      if (status == ORPHEUS_OK && count > 0 && !sink(std::span(samples).first(count))) return {};
    }
    return status == ORPHEUS_OK ? Outcome{} : Outcome{status, orpheus_last_error()};
  }

  std::vector<std::string> voices() const {
    std::vector<std::string> names;
    while (const char* name = orpheus_voice(speaker_.get(), names.size())) names.emplace_back(name);
    return names;
  }

 private:
  explicit Speaker(orpheus_speaker* speaker) : speaker_(speaker, &orpheus_free) {}
  std::unique_ptr<orpheus_speaker, decltype(&orpheus_free)> speaker_;
};

// The speaker, or why there is none.
struct Speaker::Opened {
  std::optional<Speaker> value;
  Outcome outcome;
  explicit operator bool() const { return value.has_value(); }
};

inline Speaker::Opened Speaker::open(const SpeakerSettings& settings) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  };
  const orpheus_settings plain{.model = or_null(settings.model),
                               .codec = or_null(settings.codec),
                               .data_folder = or_null(settings.data_folder),
                               .device = or_null(settings.device),
                               .threads = settings.threads};
  orpheus_speaker* speaker = nullptr;
  const orpheus_status status = orpheus_create(&plain, &speaker);
  if (status != ORPHEUS_OK) return {std::nullopt, {status, orpheus_last_error()}};
  return {Speaker(speaker), {}};
}

}  // namespace orpheus
