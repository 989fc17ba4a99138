#pragma once
// The interface to speech for commands, the server and the library: text in, samples out. The HTTP
// layer knows only this interface, so its tests use a fake that speaks a sine.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "align/word_time.h"
#include "base/cancel.h"
#include "base/result.h"
#include "lm/language_model.h"
#include "lm/playback.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "speech/live_text.h"
#include "speech/speaking_time.h"
#include "text/fold.h"
#include "text/lexicon.h"
#include "text/markup/document.h"
#include "text/spanned.h"

namespace orpheus::speech {

inline constexpr int kSampleRateHz = 24000;
inline constexpr int kSamplesPerFrame = 2048;

// Reported before the first sample of a piece is passed on.
struct PieceProgress {
  size_t index = 0;          // 0 … count − 1
  size_t count = 1;          // of a text that still arrives: the pieces known so far
  std::string_view text;     // the words that the voice speaks
  int64_t first_sample = 0;  // index in the speech; the pause before the piece is part of it
  std::string_view voice;
  std::string_view language;  // ISO 639-1, of the piece; may be empty
  // The same text with each word's place in the request's text; may be null.
  const text::Spanned* spanned = nullptr;
};

// Reported when words are settled: their times do not change any more. Each word of a piece is
// reported once, in order, after the piece's on_piece and before that of the next piece: by
// attention a moment after it was spoken, by estimate when its piece ends.
struct WordProgress {
  size_t piece = 0;                        // PieceProgress::index
  std::span<const align::WordTime> words;  // not empty; times are samples of the speech
};

struct Request {
  std::string text;       // UTF-8; empty if the text is live
  std::string voice;      // a name in voices(); empty: the first voice
  std::string language;   // of the text, ISO 639-1; empty: the voice's
  bool normalize = true;  // numbers and the like become words, if the language has rules
  text::markup::Format format = text::markup::Format::kPlain;  // of the text
  text::markup::Options markup;
  std::shared_ptr<const text::Lexicon> lexicon;  // may be null
  text::Emoji emoji = text::Emoji::kDrop;
  // For a name that voices() does not list: an error, or the name as it is (a fine-tuned voice).
  prompt::UnknownVoice unknown_voice = prompt::UnknownVoice::kRefuse;
  lm::SamplingOptions sampling;
  int max_tokens = 8192;                               // of each piece of the text
  std::function<void(const PieceProgress&)> on_piece;  // may be empty; called within step()
  // May be empty, and then words cost nothing; called within step().
  std::function<void(const WordProgress&)> on_words = {};
  CancelToken cancel;
  uint64_t listener = 0;  // clients take turns; 0: a client with only this request
  // What the client has received; the speech updates it. Null: the speech counts from its start.
  std::shared_ptr<lm::Playback> playback = nullptr;
  // The speech is heard while it is made: its first sound follows Options::live_silence_ms at most.
  bool is_heard_live = false;
  // A text that is still arriving. Its stretches are spoken in order. Null: `text` is the whole
  // text.
  std::shared_ptr<LiveText> live = nullptr;
};

struct Script;  // script.h

// What a program must know of a voice whose tokens it gets from elsewhere: its ids, and how texts
// are written for it.
struct VoiceFacts {
  prompt::TokenLayout layout;
  text::Habits habits;
  double characters_per_second = kUsualCharactersPerSecond;
  bool is_synthetic = false;  // it babbles and does not generate end of speech
};

struct Summary {
  int num_prompt_tokens = 0;  // 0 also if a remote server does not tell
  int num_audio_tokens = 0;   // end of speech not counted
  int64_t num_samples = 0;
  int first_sound_tokens = 0;  // audio tokens that had been decoded at the first samples
};

// Takes the next samples, in order, mono at kSampleRateHz, nominally −1 … 1. False ends the speech
// (the client left).
using SampleSink = std::function<bool(std::span<const float> samples)>;

// A speech in progress, made step by step. Belongs to one thread at a time. The synthesiser must
// outlive it. Destroying it cancels the speech.
class Speech {
 public:
  enum class State {
    kMore,          // the next step has something to do
    kWaits,         // the next step has something to do once wake was called
    kWaitsForText,  // the same, and all text that has arrived was spoken
    kDone,          // all samples were delivered
  };
  virtual ~Speech() = default;

  // Computes at most a frame of sound and passes ready samples to the sink. Errors: kCancelled,
  // kUnavailable, kInternal. No step follows an error or kDone.
  virtual Result<State> step(const SampleSink& sink) = 0;
  // The counts so far.
  virtual Summary summary() const = 0;
};

// Safe for concurrent use from many threads.
class Synthesiser {
 public:
  virtual ~Synthesiser() = default;

  // Checks a request without speaking it. Finds every error that speak() would return before its
  // first sample. Errors: kUsage (empty text, invalid UTF-8, a setting out of range), kNotFound
  // (voice), kLimit (text too long).
  virtual Result<void> check(const Request& request) const = 0;

  // Begins a speech. Any thread may call wake when a waiting speech can go on. wake must not block,
  // and may be called after the speech was destroyed. Errors: those of check(), kUnavailable.
  virtual Result<std::unique_ptr<Speech>> begin(Request request, std::function<void()> wake) = 0;

  // Speaks and blocks until the last sample is delivered or the request is cancelled.
  // Errors: those of begin() and Speech::step().
  Result<Summary> speak(const Request& request, const SampleSink& sink);

  // The text that would be spoken, with each word's place in the request. Errors: those of check(),
  // kUnsupported (a synthesiser without scripts).
  virtual Result<Script> script(const Request& request) const;

  // The pronunciations that hold for every request; null where there are none.
  virtual std::shared_ptr<const text::Lexicon> lexicon() const { return nullptr; }

  // Never empty; the first is the default.
  virtual const std::vector<prompt::Voice>& voices() const = 0;
  // The voice that would speak the request. Errors: those of prompt::find_voice.
  virtual Result<prompt::Voice> voice_for(const Request& request) const {
    return prompt::find_voice(voices(), request.voice, request.unknown_voice);
  }
  // Whether a voice of voices() makes the sounds of tags (<laugh>); else they are left out.
  virtual bool speaks_tags(std::string_view /*voice*/) const { return true; }
  // The language model's name in listings and response headers.
  virtual const std::string& model_name() const = 0;
  // The computing device, for display: "NVIDIA H100"; empty if unknown.
  virtual std::string_view device_name() const { return {}; }

  // About how fast a voice of voices() reads: characters of text per second, at speed 1.
  virtual double characters_per_second(std::string_view /*voice*/) const {
    return kUsualCharactersPerSecond;
  }

  // Waits until words can be timed by attention, if they ever can: seconds to two minutes at the
  // first call for a new model. For commands; without it, a request's first words are estimates
  // while the search runs in the background.
  virtual void prepare_words() {}

  // The language model, for callers with their own prompts; null if there is
  // none.
  virtual lm::LanguageModel* language_model() { return nullptr; }
  // Metrics of all its parts, in the text format of Prometheus; may be empty.
  virtual std::string metrics() const { return own_metrics() + shared_metrics(); }
  // Of the parts that no other synthesiser uses.
  virtual std::string own_metrics() const { return {}; }
  // Of the parts that several may share: the codec.
  virtual std::string shared_metrics() const { return {}; }
  // Facts of the voice of the language model; nullopt if unknown.
  virtual std::optional<VoiceFacts> voice_facts() const { return std::nullopt; }
  // The ids of a prompt's text. special: whether <custom_token_3> etc. are tokens or plain text.
  // Errors: kUsage (not UTF-8), kUnsupported (no tokenizer).
  virtual Result<std::vector<lm::Token>> prompt_ids(std::string_view /*text*/,
                                                    prompt::SpecialTokens /*special*/) const {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = "this voice has no tokenizer for prompts",
                 .expected = "token ids"});
  }
  // A token's text in prompts; may be empty.
  virtual std::string token_text(lm::Token /*token*/) const { return {}; }
};

}  // namespace orpheus::speech
