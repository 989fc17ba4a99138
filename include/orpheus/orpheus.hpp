#pragma once
// Text to speech with the Orpheus voices, in C++20. A thin layer over orpheus.h, which documents
// each setting.
//
//   auto speaker = orpheus::Speaker::open();
//   if (!speaker) return complain(speaker.outcome.error);
//   const orpheus::Outcome spoken = speaker.value->speak(
//       {.text = "Hello."}, [&](std::span<const float> samples) { return play(samples); });
//
// A Speaker may be used by many threads at once. Nothing is thrown, except std::bad_alloc by
// std::string and std::vector, and exceptions of your own functions.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <orpheus/orpheus.h>

namespace orpheus {

inline constexpr int kSampleRate = ORPHEUS_SAMPLE_RATE_HZ;

// The result of a call. True on success.
struct Outcome {
  orpheus_status status = ORPHEUS_OK;
  std::string error;  // what happened, what was expected and found, what to do
  explicit operator bool() const { return status == ORPHEUS_OK; }
};

// The fields of orpheus_settings. An empty field selects the default.
struct SpeakerSettings {
  std::string model = {};  // model and codec empty: the small voice installed with the library
  std::string codec = {};
  std::vector<std::string> more_models = {};
  std::string data_folder = {};
  std::string device = {};
  int32_t threads = 0;
  std::vector<std::string> servers = {};  // servers that run the language model
  std::string server_key = {};
  std::string server_model = {};
  std::string server_proxy = {};
  std::string ca_certificates = {};
  std::optional<int32_t> server_timeout_s = {};
};

// A piece of the text: orpheus_piece. The strings are valid during the call of on_piece.
struct Piece {
  size_t index = 0;  // 0 … count − 1
  size_t count = 1;
  std::string_view text = {};  // the words that the voice speaks
  std::string_view voice = {};
  size_t text_begin = 0;  // the piece's range in the request's text, in bytes
  size_t text_end = 0;
  int64_t first_sample = 0;
};

enum class WordSource { kEstimate = ORPHEUS_WORD_ESTIMATE, kAttention = ORPHEUS_WORD_ATTENTION };

// When a word is spoken: orpheus_word. The string is valid during the call of on_word.
struct Word {
  std::string_view word = {};  // as it is spoken
  size_t piece = 0;
  size_t text_begin = 0;  // the range in the request's text, in bytes
  size_t text_end = 0;
  int64_t first_sample = 0;
  int64_t end_sample = 0;
  float confidence = 0;  // 0 … 1
  WordSource source = WordSource::kEstimate;
};

// The fields of orpheus_request. An unset field selects the value in the voice's file, or else the
// default in orpheus.h.
struct SpeechRequest {
  std::string text = {};
  std::string voice = {};
  std::string language = {};
  bool numbers_as_words = true;           // the opposite of numbers_as_written in orpheus.h
  std::optional<float> temperature = {};  // 0 always takes the likeliest token
  std::optional<float> top_p = {};
  std::optional<int32_t> top_k = {};  // 0 is off
  std::optional<float> min_p = {};    // 0 is off
  std::optional<float> repetition_penalty = {};
  uint64_t seed = 0;
  std::optional<int32_t> max_tokens = {};
  std::optional<float> speed = {};
  std::function<void(const Piece&)> on_piece = {};  // before the piece's first sample; may be empty
  std::function<void(const Word&)> on_word = {};    // when the word's times are known; may be empty
};

enum class LogLevel {
  kDebug = ORPHEUS_LOG_DEBUG,
  kInfo = ORPHEUS_LOG_INFO,
  kWarning = ORPHEUS_LOG_WARNING
};

inline const char* version() { return orpheus_version(); }

// Sets the function that receives the library's log lines, for the whole process. The library calls
// it from any of its threads, but never twice at the same time. An empty function discards the log.
// Do not call set_log from two threads at the same time.
inline void set_log(std::function<void(LogLevel, std::string_view)> sink,
                    LogLevel least = LogLevel::kWarning) {
  static std::function<void(LogLevel, std::string_view)> current;
  orpheus_set_log(nullptr, nullptr, ORPHEUS_LOG_WARNING);
  current = std::move(sink);
  if (!current) return;
  orpheus_set_log([](void*, orpheus_log_level level,
                     const char* line) { current(static_cast<LogLevel>(level), line); },
                  nullptr, static_cast<orpheus_log_level>(least));
}

// Receives the next samples, mono at kSampleRate. Returning false ends the speech.
using Samples = std::function<bool(std::span<const float>)>;

class Speaker {
 public:
  struct Opened;
  static Opened open(const SpeakerSettings& settings = {});

  // Speaks the request. Returns success when the speech has ended or sink has returned false, and
  // the error when one occurs.
  Outcome speak(const SpeechRequest& request, const Samples& sink) const {
    orpheus_request plain{};
    plain.struct_size = sizeof plain;
    plain.text = request.text.c_str();
    plain.voice = or_null(request.voice);
    plain.language = or_null(request.language);
    plain.numbers_as_written = request.numbers_as_words ? 0 : 1;
    plain.greedy = request.temperature == 0.0F ? 1 : 0;
    plain.temperature = request.temperature.value_or(0.0F);
    plain.top_p = plain_value(request.top_p);
    plain.top_k = plain_value(request.top_k);
    plain.min_p = plain_value(request.min_p);
    plain.repetition_penalty = plain_value(request.repetition_penalty);
    plain.seed = request.seed;
    plain.max_tokens = plain_value(request.max_tokens);
    plain.speed = plain_value(request.speed);
    if (request.on_piece) plain.on_piece = &pass_on;
    if (request.on_word) plain.on_word = &pass_on_word;
    plain.context = const_cast<SpeechRequest*>(&request);  // NOLINT: only read
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

  static const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  }
  // In the C struct, 0 means unset. A value that is set to 0 is passed as -1, which switches top_k
  // and min_p off and is refused in the other fields.
  template <typename T>
  static T plain_value(const std::optional<T>& chosen) {
    if (!chosen) return T{0};
    return *chosen == T{0} ? T{-1} : *chosen;
  }
  static void pass_on(void* context, const orpheus_piece* piece) {
    static_cast<const SpeechRequest*>(context)->on_piece({.index = piece->index,
                                                          .count = piece->count,
                                                          .text = piece->text,
                                                          .voice = piece->voice,
                                                          .text_begin = piece->text_begin,
                                                          .text_end = piece->text_end,
                                                          .first_sample = piece->first_sample});
  }

  static void pass_on_word(void* context, const orpheus_word* word) {
    static_cast<const SpeechRequest*>(context)->on_word(
        {.word = word->word,
         .piece = word->piece,
         .text_begin = word->text_begin,
         .text_end = word->text_end,
         .first_sample = word->first_sample,
         .end_sample = word->end_sample,
         .confidence = word->confidence,
         .source = static_cast<WordSource>(word->source)});
  }

  std::unique_ptr<orpheus_speaker, decltype(&orpheus_free)> speaker_;
};

// The result of Speaker::open: a speaker, or the error in outcome.
struct Speaker::Opened {
  std::optional<Speaker> value;
  Outcome outcome;
  explicit operator bool() const { return value.has_value(); }
};

inline Speaker::Opened Speaker::open(const SpeakerSettings& settings) {
  const auto list_of = [](const std::vector<std::string>& texts) {
    std::vector<const char*> list;
    for (const std::string& text : texts) list.push_back(text.c_str());
    list.push_back(nullptr);
    return list;
  };
  const auto more_models = list_of(settings.more_models);
  const auto servers = list_of(settings.servers);
  orpheus_settings plain{};
  plain.struct_size = sizeof plain;
  plain.model = or_null(settings.model);
  plain.codec = or_null(settings.codec);
  plain.more_models = more_models.data();
  plain.data_folder = or_null(settings.data_folder);
  plain.device = or_null(settings.device);
  plain.threads = settings.threads;
  plain.servers = servers.data();
  plain.server_key = or_null(settings.server_key);
  plain.server_model = or_null(settings.server_model);
  plain.server_proxy = or_null(settings.server_proxy);
  plain.ca_certificates = or_null(settings.ca_certificates);
  plain.server_timeout_s = plain_value(settings.server_timeout_s);
  orpheus_speaker* speaker = nullptr;
  const orpheus_status status = orpheus_create(&plain, &speaker);
  if (status != ORPHEUS_OK) return {std::nullopt, {status, orpheus_last_error()}};
  return {Speaker(speaker), {}};
}

}  // namespace orpheus
