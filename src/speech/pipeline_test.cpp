#include "speech/pipeline.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/byte_alphabet.h"
#include "speech/speaking_time.h"
#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

// Says "no" to everything that a test does not expect to reach it.
class NoLanguageModel : public lm::LanguageModel {
 public:
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest) override {
    return fail({.kind = ErrorKind::kUnavailable, .what = "no language model"});
  }
};

prompt::Tokenizer byte_tokenizer() {
  const std::vector<std::string> letters = byte_spellings();
  prompt::Vocabulary vocabulary;
  vocabulary.tokens.assign(letters.begin(), letters.end());
  auto tokenizer = prompt::Tokenizer::create(vocabulary);
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message();
  return std::move(*tokenizer);
}

Pipeline pipeline(const Options& options = {}) {
  Parts parts{.language_model = std::make_unique<NoLanguageModel>(),
              .tokenizer = byte_tokenizer(),
              .layout = {},
              .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
              .model_name = "none",
              .ending = Ending::kByItself,
              .decoder = nullptr};
  return Pipeline(std::move(parts), options);
}

Error error_of(const Pipeline& speaker, const Request& request) {
  const auto checked = speaker.check(request);
  EXPECT_FALSE(checked.has_value());
  return checked ? Error{} : checked.error();
}

TEST(Pipeline, ChecksWhatItWouldRefuse) {
  const Pipeline speaker = pipeline({.max_text_code_points = 20});
  EXPECT_TRUE(speaker.check({.text = "Hello there."}).has_value());
  EXPECT_TRUE(speaker.check({.text = "Hello there.", .voice = "leo"}).has_value());
  EXPECT_EQ(error_of(speaker, {.text = ""}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = " \n\t "}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = "caf\xe9"}).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(speaker, {.text = std::string(21, 'a')}).kind, ErrorKind::kLimit);
  const Error unknown = error_of(speaker, {.text = "Hello", .voice = "nobody"});
  EXPECT_EQ(unknown.kind, ErrorKind::kNotFound);
  EXPECT_NE(unknown.message().find("tara"), std::string::npos);
}

TEST(Pipeline, TheLanguageModelsErrorIsTheSpeechs) {
  Pipeline speaker = pipeline();
  const auto spoken = speaker.speak({.text = "Hello"}, [](std::span<const float>) { return true; });
  ASSERT_FALSE(spoken.has_value());
  EXPECT_EQ(spoken.error().what, "no language model");
}

// Every frame is a tone as loud as its code says, in full scale at 100.
class LoudnessDecoder : public snac::Decoder {
 public:
  const snac::Config& config() const override { return config_; }
  std::unique_ptr<snac::Stream> stream(snac::NoiseSource) override {
    return std::make_unique<Tones>();
  }

 private:
  class Tones : public snac::Stream {
   public:
    Result<void> push(std::span<const codes::Frame> frames, const snac::SampleSink& sink) override {
      for (const codes::Frame& frame : frames) {
        std::vector<float> samples(kSamplesPerFrame);
        for (size_t i = 0; i < samples.size(); ++i)
          samples[i] = static_cast<float>(frame.c0[0]) / 100 * (i % 2 == 0 ? 1.0F : -1.0F);
        if (!sink(samples)) return fail({.kind = ErrorKind::kCancelled, .what = "enough"});
      }
      return {};
    }
    Result<void> finish(const snac::SampleSink&) override { return {}; }
  };
  snac::Config config_;
};

// The same on another thread: a window has the frames that were pushed before it.
class LaterDecoder : public LoudnessDecoder {
 public:
  std::unique_ptr<snac::Stream> stream_for(const std::shared_ptr<const snac::Listener>& listener,
                                           snac::NoiseSource noise) override {
    return std::make_unique<Later>(stream(std::move(noise)), listener);
  }

 private:
  class Later : public snac::Stream {
   public:
    Later(std::unique_ptr<snac::Stream> stream, std::shared_ptr<const snac::Listener> listener)
        : stream_(std::move(stream)), listener_(std::move(listener)) {}

    Result<void> push(std::span<const codes::Frame> frames, const snac::SampleSink&) override {
      EXPECT_FALSE(is_computing_);
      frames_.insert(frames_.end(), frames.begin(), frames.end());
      return {};
    }
    Result<void> finish(const snac::SampleSink&) override { return {}; }
    Result<bool> take(const snac::SampleSink& sink) override {
      if (!is_computing_) return false;
      if (!is_computed_) return true;
      thread_.join();
      is_computing_ = is_computed_ = false;
      ORPHEUS_CHECK(stream_->push(std::exchange(frames_, {}), sink));
      return false;
    }
    Result<bool> begin_window() override {
      if (is_computing_ || frames_.empty()) return is_computing_;
      is_computing_ = true;
      thread_ = std::jthread([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        is_computed_ = true;
        listener_->wake();
      });
      return true;
    }
    size_t frames_per_push() const override { return 3; }

   private:
    const std::unique_ptr<snac::Stream> stream_;
    const std::shared_ptr<const snac::Listener> listener_;
    std::vector<codes::Frame> frames_;
    bool is_computing_ = false;
    std::atomic<bool> is_computed_ = false;
    std::jthread thread_;
  };
};

class LongText : public ::testing::Test {
 protected:
  using Answer = ScriptedLanguageModel::Answer;

  Result<Summary> speak(
      const std::string& text, const Options& options, ScriptedLanguageModel::Script script,
      const SampleSink& sink = [](auto) { return true; }) {
    auto model = std::make_unique<ScriptedLanguageModel>(std::move(script));
    model_ = model.get();
    model_->context = context_;
    Parts parts{.language_model = std::move(model),
                .tokenizer = byte_tokenizer(),
                .layout = {},
                .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
                .model_name = "scripted",
                .ending = ending_,
                .habits = {.speaks_tags = speaks_tags_},
                .decoder = std::move(decoder_)};
    decoder_ = std::make_unique<LoudnessDecoder>();
    speaker_.emplace(std::move(parts), options);
    Request request;
    request.text = text;
    request.sampling.seed = 3;
    if (max_tokens_) request.max_tokens = *max_tokens_;
    request.on_piece = [&](const PieceProgress& piece) { heard_.emplace_back(piece.text); };
    return speaker_->speak(request, [&](std::span<const float> samples) {
      for (const float sample : samples)
        listen(static_cast<int>(std::lround(std::abs(sample) * 100)));
      return sink(samples);
    });
  }

  // What fades at a join is no loudness that stays.
  void listen(int loudness) {
    num_as_loud_ = loudness == loudness_now_ ? num_as_loud_ + 1 : 1;
    loudness_now_ = loudness;
    if (num_as_loud_ == 1000 && loudness > 0) loud_.push_back(loudness);
  }

  std::unique_ptr<snac::Decoder> decoder_ = std::make_unique<LoudnessDecoder>();
  bool speaks_tags_ = true;
  Ending ending_ = Ending::kByItself;
  std::optional<int> max_tokens_;
  int context_ = 0;
  ScriptedLanguageModel* model_ = nullptr;
  std::optional<Pipeline> speaker_;
  std::vector<std::string> heard_;  // pieces
  std::vector<int> loud_;           // loudnesses in the order in which they were heard
  int loudness_now_ = 0;
  int num_as_loud_ = 0;  // samples
};

constexpr const char* kFiveSentences =
    "One is here. Two is here. Three is here. Four is here. Five.";
const Options kSentenceEach{.max_piece_code_points = 14, .max_parallel_pieces = 3};

TEST_F(LongText, PiecesAreMadeSideBySideAndHeardInOrder) {
  int piece = 0;
  const auto spoken = speak(kFiveSentences, kSentenceEach, [&](const auto&) {
    ++piece;
    return Answer{.frames = {10 * piece, 10 * piece}};
  });
  ASSERT_TRUE(spoken.has_value()) << spoken.error().message();
  EXPECT_EQ(heard_, (std::vector<std::string>{"One is here.", "Two is here.", "Three is here.",
                                              "Four is here.", "Five."}));
  EXPECT_EQ(loud_, (std::vector<int>{10, 20, 30, 40, 50}));
  EXPECT_EQ(model_->most_open, 3);
  EXPECT_EQ(spoken->num_audio_tokens, 5 * 14);
  for (size_t i = 0; i < model_->requests.size(); ++i)
    EXPECT_EQ(model_->requests[i].continues_speech, i > 0) << i;
  EXPECT_NE(model_->requests[1].sampling.seed, model_->requests[2].sampling.seed);
}

// Guards against: a speech whose codec computes on another thread loses or repeats sound, is not
// woken, or does not read the end of a piece.
TEST_F(LongText, ACodecOnAnotherThreadGivesTheSameSound) {
  const auto samples_with = [&](std::unique_ptr<snac::Decoder> decoder) {
    decoder_ = std::move(decoder);
    std::vector<float> all;
    int piece = 0;
    const auto spoken = speak(
        kFiveSentences, kSentenceEach,
        [&](const auto&) {
          ++piece;
          return Answer{.frames = std::vector<int32_t>(static_cast<size_t>(piece) * 2, 10 * piece)};
        },
        [&](std::span<const float> samples) {
          all.insert(all.end(), samples.begin(), samples.end());
          return true;
        });
    EXPECT_TRUE(spoken.has_value()) << spoken.error().message();
    EXPECT_EQ(spoken->num_audio_tokens, (2 + 4 + 6 + 8 + 10) * 7);
    return all;
  };
  const auto expected = samples_with(std::make_unique<LoudnessDecoder>());
  EXPECT_GT(expected.size(), 0U);
  EXPECT_EQ(samples_with(std::make_unique<LaterDecoder>()), expected);
}

// The engine serves the client first that runs dry first, so each request must say its piece.
TEST_F(LongText, EveryPieceTellsWhichItIsAndHowFarItsClientHasCome) {
  const auto spoken = speak(kFiveSentences, kSentenceEach, [&](const auto&) {
    return Answer{.frames = {50, 50}};
  });
  ASSERT_TRUE(spoken.has_value());
  const auto& requests = model_->requests;
  ASSERT_EQ(requests.size(), 5U);
  for (size_t piece = 0; piece < requests.size(); ++piece) {
    EXPECT_EQ(requests[piece].piece, piece);
    EXPECT_EQ(requests[piece].playback, requests[0].playback);
  }
  const auto position = requests[0].playback->position();
  EXPECT_EQ(position.piece, 4U);
  EXPECT_DOUBLE_EQ(position.sent_seconds, static_cast<double>(spoken->num_samples) / kSampleRateHz);
}

// Guards against: times that are wrong after a pause, at another rate, in a later piece, or where
// silence was cut.
TEST_F(LongText, WordsAreWhereTheirSoundIs) {
  auto model = std::make_unique<ScriptedLanguageModel>([](const auto&) {
    return Answer{.frames = {0, 0, 0, 50, 50, 50, 50, 0, 0, 0, 0, 0, 0}};
  });
  Parts parts{.language_model = std::move(model),
              .tokenizer = byte_tokenizer(),
              .layout = {},
              .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
              .model_name = "scripted",
              .ending = Ending::kByItself,
              .decoder = std::make_unique<LoudnessDecoder>()};
  Pipeline speaker(std::move(parts), {.max_piece_code_points = 25});
  Request request;
  request.format = text::markup::Format::kSsml;
  request.text =
      "<speak>One is here. <break time=\"900ms\"/> <prosody rate=\"150%\">Two $5.</prosody> "
      "<voice name=\"leo\">Three now.</voice></speak>";
  std::vector<std::string> events;
  std::vector<align::WordTime> words;
  request.on_piece = [&](const PieceProgress& piece) { events.emplace_back(piece.text); };
  request.on_words = [&](const WordProgress& progress) {
    EXPECT_EQ(progress.piece + 1,
              std::count_if(events.begin(), events.end(),
                            [](const auto& event) { return event != "words"; }));
    events.emplace_back("words");
    words.insert(words.end(), progress.words.begin(), progress.words.end());
  };
  for (const bool is_live : {false, true}) {
    request.is_heard_live = is_live;
    events.clear();
    words.clear();
    std::vector<float> sound;
    const auto spoken = speaker.speak(request, [&](std::span<const float> samples) {
      sound.insert(sound.end(), samples.begin(), samples.end());
      return true;
    });
    ASSERT_TRUE(spoken.has_value()) << spoken.error().message();
    EXPECT_EQ(events, (std::vector<std::string>{"One is here.", "words", "Two five dollars.",
                                                "words", "Three now.", "words"}));
    ASSERT_EQ(words.size(), 8U);
    // What sounds, to a hundredth of a second.
    const auto is_loud = [](float sample) { return std::abs(sample) > 0.1F; };
    auto at = sound.begin();
    for (const auto& [first, last] : {std::pair{0U, 2U}, {3U, 5U}, {6U, 7U}}) {
      const auto begin = std::find_if(at, sound.end(), is_loud);
      at = begin;
      while (std::any_of(at, at + std::min<int64_t>(500, sound.end() - at), is_loud)) ++at;
      EXPECT_NEAR(static_cast<double>(words[first].begin),
                  static_cast<double>(begin - sound.begin()), 260);
      EXPECT_NEAR(static_cast<double>(words[last].end), static_cast<double>(at - sound.begin()),
                  260);
    }
    EXPECT_EQ(words[4].word, "five");
    EXPECT_EQ(request.text.substr(words[4].origin.begin, words[4].origin.size()), "$5");
    EXPECT_EQ(request.text.substr(words[7].origin.begin, words[7].origin.size()), "now");
  }
}

// Tokens that come when the test says so.
class LateLanguageModel : public lm::LanguageModel {
 public:
  explicit LateLanguageModel(std::shared_ptr<bool> ready)
      : ready_(std::move(ready)),
        script_([](const auto&) { return ScriptedLanguageModel::Answer{.frames = {50}}; }) {}

  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override {
    ORPHEUS_TRY(auto tokens, script_.generate(std::move(request)));
    return std::make_unique<Late>(std::move(tokens), ready_);
  }

 private:
  class Late : public lm::TokenStream {
   public:
    Late(std::unique_ptr<lm::TokenStream> tokens, std::shared_ptr<bool> ready)
        : tokens_(std::move(tokens)), ready_(std::move(ready)) {}
    Result<std::optional<lm::GeneratedToken>> next() override { return tokens_->next(); }
    bool ready() const override { return *ready_; }

   private:
    std::unique_ptr<lm::TokenStream> tokens_;
    std::shared_ptr<bool> ready_;
  };
  std::shared_ptr<bool> ready_;
  ScriptedLanguageModel script_;
};

// A thread that steps it is free for others meanwhile.
TEST(Pipeline, ASpeechWithoutTokensWaitsInsteadOfBlocking) {
  auto ready = std::make_shared<bool>(false);
  Parts parts{.language_model = std::make_unique<LateLanguageModel>(ready),
              .tokenizer = byte_tokenizer(),
              .layout = {},
              .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
              .model_name = "late",
              .ending = Ending::kByItself,
              .decoder = std::make_unique<LoudnessDecoder>()};
  Pipeline speaker(std::move(parts), {});
  auto speech = speaker.begin({.text = "Hello."}, [] {});
  ASSERT_TRUE(speech.has_value());
  size_t num_samples = 0;
  const SampleSink sink = [&](std::span<const float> samples) {
    num_samples += samples.size();
    return true;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*speech)->step(sink).value(), Speech::State::kWaits);
  EXPECT_EQ(num_samples, 0U);
  *ready = true;
  auto state = Speech::State::kMore;
  while (state == Speech::State::kMore) state = (*speech)->step(sink).value();
  EXPECT_EQ(state, Speech::State::kDone);
  EXPECT_EQ(num_samples, static_cast<size_t>((*speech)->summary().num_samples));
  EXPECT_GT(num_samples, 0U);
}

// Guards against: the caller is never woken and waits forever.
TEST(Pipeline, ACallerWhoSpeaksIsWokenWhenThereAreTokens) {
  struct Shared {
    std::function<void()> wake;
    std::promise<bool> ended;
  };
  // Outlives a caller that is never woken.
  auto shared = std::make_shared<Shared>();
  class Sleepy : public Synthesiser {
   public:
    explicit Sleepy(Shared& shared) : shared_(shared) {}
    Result<void> check(const Request&) const override { return {}; }
    Result<std::unique_ptr<Speech>> begin(Request, std::function<void()> wake) override {
      shared_.wake = std::move(wake);
      return std::make_unique<Slow>(shared_);
    }
    Result<Script> script(const Request&) const override { return Script{}; }
    const std::vector<prompt::Voice>& voices() const override { return voices_; }
    const std::string& model_name() const override { return name_; }

   private:
    // Waits once, and is woken by another thread while its caller sleeps.
    class Slow : public Speech {
     public:
      explicit Slow(Shared& shared) : shared_(shared) {}
      ~Slow() override {
        if (waker_.joinable()) waker_.join();
      }
      Result<State> step(const SampleSink&) override {
        if (waker_.joinable()) return State::kDone;
        waker_ = std::thread([wake = shared_.wake] {
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          wake();
        });
        return State::kWaits;
      }
      Summary summary() const override { return {}; }

     private:
      Shared& shared_;
      std::thread waker_;
    };
    Shared& shared_;
    std::vector<prompt::Voice> voices_;
    std::string name_;
  };
  std::thread([shared] {
    Sleepy speaker(*shared);
    shared->ended.set_value(speaker.speak({.text = "Hi."}, [](auto) { return true; }).has_value());
  }).detach();
  auto ended = shared->ended.get_future();
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(ended.get());
}

TEST_F(LongText, TagsAreLeftOutForAVoiceThatWasTaughtNone) {
  const auto answer = [](const auto&) { return Answer{.frames = {10}}; };
  ASSERT_TRUE(speak("Well <sigh> that.", {}, answer).has_value());
  EXPECT_EQ(heard_, (std::vector<std::string>{"Well <sigh> that."}));
  heard_.clear();
  speaks_tags_ = false;
  ASSERT_TRUE(speak("Well <sigh> that.", {}, answer).has_value());
  EXPECT_EQ(heard_, (std::vector<std::string>{"Well that."}));
  EXPECT_EQ(speak("<sigh>", {}, answer).error().kind, ErrorKind::kUsage);
}

TEST_F(LongText, OthersStartWhenTheFirstSounds) {
  size_t requests_at_first_sound = 0;
  const auto spoken = speak(
      kFiveSentences, kSentenceEach,
      [&](const auto&) {
        return Answer{.frames = {50, 50, 50}};
      },
      [&](auto) {
        if (requests_at_first_sound == 0) requests_at_first_sound = model_->requests.size();
        return true;
      });
  ASSERT_TRUE(spoken.has_value());
  EXPECT_EQ(requests_at_first_sound, 1U);
  EXPECT_EQ(model_->requests.size(), 5U);
}

TEST_F(LongText, APieceThatRunsIntoALoopGoesOnWithoutIt) {
  int calls = 0;
  const auto spoken = speak(kFiveSentences, kSentenceEach, [&](const auto&) {
    ++calls;
    if (calls == 2) return Answer{.frames = {70, 99}, .never_ends = true};
    return Answer{.frames = {20, 20}};
  });
  ASSERT_TRUE(spoken.has_value());
  EXPECT_EQ(calls, 6);
  EXPECT_EQ(loud_, (std::vector<int>{20, 70, 99, 20, 20, 20, 20}));
  EXPECT_EQ(heard_.size(), 5U);
  EXPECT_EQ(spoken->num_audio_tokens, (2 * 4 + 4) * 7);
}

// Whole frames of seven tokens, 2048 samples each.
int tokens_in(double seconds) { return static_cast<int>(std::ceil(seconds * 24000 / 2048)) * 7; }

// Guards against: a piece ends below its client's limit, or exceeds its text's limit.
TEST_F(LongText, APieceIsBoundByItsClientAndByItsText) {
  const std::string text = "One is here.";
  const auto loops = [](const lm::GenerateRequest& request) {
    return request.sampling.seed == 3 ? Answer{.frames = {20, 30}, .never_ends = true}
                                      : Answer{.frames = {40}};
  };
  const int bound = tokens_in(longest_seconds(text));
  // A client that asks for less than the text may take gets all of it, loops or not.
  max_tokens_ = bound - 1;
  auto spoken = speak(text, {}, loops);
  ASSERT_TRUE(spoken.has_value());
  EXPECT_EQ(model_->requests.size(), 1U);
  EXPECT_EQ(model_->requests[0].max_tokens, bound - 1);
  EXPECT_FALSE(model_->requests[0].ignore_stop);
  EXPECT_EQ(spoken->num_audio_tokens, bound - 1);
  for (const int asked : {bound, bound + 1}) {
    max_tokens_ = asked;
    spoken = speak(text, {}, loops);
    ASSERT_TRUE(spoken.has_value());
    EXPECT_EQ(model_->requests.size(), 2U) << asked;
    EXPECT_EQ(model_->requests[0].max_tokens, bound);
    EXPECT_EQ(spoken->num_audio_tokens, 3 * 7) << "the loop is left out";
  }
}

// Guards against: the end of a piece is lost because its sound does not fit into the context, as
// 400 Chinese characters did.
TEST_F(LongText, EveryPieceFitsIntoTheContextOfTheModel) {
  const auto answer = [](const auto&) { return Answer{.frames = {50}}; };
  for (const char* word : {"word ", "世", "한국 ", "end. ", "longword", "1,000 "}) {
    std::string text;
    while (text.size() < 3000) text += word;
    for (const int context : {1024, 4096, 8192}) {
      context_ = context;
      heard_.clear();
      ASSERT_TRUE(speak(text, {}, answer).has_value());
      for (const std::string& piece : heard_)
        EXPECT_LE(tokens_in(longest_seconds(piece)) + std::min(300, context / 4), context) << piece;
      for (const lm::GenerateRequest& request : model_->requests)
        EXPECT_LE(static_cast<int>(request.prompt.size()) + request.max_tokens, context);
    }
  }
}

// Guards against: the sound of a seed depends on the memory that was free when the program started,
// because that decides the context.
TEST_F(LongText, LongContextsAllHaveTheSamePieces) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += i % 9 == 8 ? "end. " : "word ";
  std::vector<std::string> pieces;
  for (const int context : {4096, 4352, 5000, 10240, 0}) {
    context_ = context;
    heard_.clear();
    ASSERT_TRUE(speak(text, {}, [](const auto&) { return Answer{.frames = {50}}; }).has_value());
    if (pieces.empty()) pieces = heard_;
    EXPECT_EQ(heard_, pieces) << context;
  }
}

// Guards against: a text that is spoken letter by letter, or a tag that is cut and read as words,
// where the context holds next to nothing.
TEST_F(LongText, AShortContextStillHasWordsAndTags) {
  context_ = 256;
  ASSERT_TRUE(speak("Well <sigh> that was close. <laugh>", {}, [](const auto&) {
                return Answer{.frames = {50}};
              }).has_value());
  for (const std::string& piece : heard_)
    EXPECT_EQ(std::count(piece.begin(), piece.end(), '<'),
              std::count(piece.begin(), piece.end(), '>'))
        << piece;
  EXPECT_LE(heard_.size(), 4U);
}

TEST_F(LongText, AVoiceThatEndsByChanceSpeaksForTheUsualTime) {
  ending_ = Ending::kAfterSpeakingTime;
  const auto spoken = speak("Twenty letters, five.", {},
                            [](const auto&) { return Answer{.frames = {20}, .never_ends = true}; });
  ASSERT_TRUE(spoken.has_value());
  ASSERT_EQ(model_->requests.size(), 1U);
  EXPECT_EQ(model_->requests[0].max_tokens,
            tokens_in(usual_seconds("Twenty letters, five.", kUsualCharactersPerSecond)));
  EXPECT_TRUE(model_->requests[0].ignore_stop);
  EXPECT_EQ(spoken->num_audio_tokens, model_->requests[0].max_tokens);
}

// Guards against: the sound of a seed depends on how many pieces are generated ahead.
TEST_F(LongText, HowManyPiecesAreMadeAtOnceChangesNothing) {
  const auto spoken_with = [&](size_t parallel) {
    std::vector<float> samples;
    const auto spoken = speak(
        kFiveSentences, {.max_piece_code_points = 14, .max_parallel_pieces = parallel},
        [](const lm::GenerateRequest& request) {
          const auto number = static_cast<int32_t>(request.sampling.seed % 90);
          return Answer{.frames = {number, number + 1, 5}, .never_ends = number % 2 == 0};
        },
        [&](std::span<const float> more) {
          samples.insert(samples.end(), more.begin(), more.end());
          return true;
        });
    EXPECT_TRUE(spoken.has_value());
    return samples;
  };
  const auto one = spoken_with(1);
  EXPECT_EQ(spoken_with(2), one);
  EXPECT_EQ(spoken_with(4), one);
}

TEST_F(LongText, AListenerWhoLeavesEndsEveryPiece) {
  const auto spoken = speak(
      kFiveSentences, kSentenceEach,
      [](const auto&) {
        return Answer{.frames = {50, 50, 50}};
      },
      [](auto) { return false; });
  ASSERT_FALSE(spoken.has_value());
  EXPECT_EQ(spoken.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(model_->num_open, 0);
}

TEST_F(LongText, AnErrorOfAnyPieceIsTheSpeechs) {
  int calls = 0;
  const auto spoken = speak(kFiveSentences, kSentenceEach, [&](const auto&) {
    ++calls;
    Answer answer{.frames = {20, 20}};
    if (calls == 3) answer.error = Error{.kind = ErrorKind::kUnavailable, .what = "gone"};
    return answer;
  });
  ASSERT_FALSE(spoken.has_value());
  EXPECT_EQ(spoken.error().what, "gone");
  EXPECT_EQ(heard_.size(), 3U);
}

TEST_F(LongText, FiveThousandWordsComeOutWholeOnceAndInOrder) {
  // Of letters alone: digits are read as words of their own.
  const auto name_of = [](int word) {
    std::string name = "Word";
    for (const char digit : std::to_string(word)) name += static_cast<char>('a' + (digit - '0'));
    return name + "x";
  };
  std::string text;
  for (int word = 0; word < 5000; ++word)
    text += name_of(word) + (word % 11 == 10 ? ". " : word % 70 == 69 ? ".\n\n" : " ");
  const auto spoken = speak(text, {.max_text_code_points = 100000},
                            [](const auto&) { return Answer{.frames = {20}}; });
  ASSERT_TRUE(spoken.has_value()) << spoken.error().message();
  std::string together;
  for (const std::string& piece : heard_) together += piece + " ";
  std::erase(text, '\n');
  std::string expected;
  for (int word = 0; word < 5000; ++word) {
    const size_t at = together.find(name_of(word));
    ASSERT_NE(at, std::string::npos) << word;
    expected += together.substr(at, together.find(' ', at) - at) + " ";
  }
  EXPECT_EQ(together, expected);
  EXPECT_LT(heard_.front().size(), 120U);
}

// A speech of a text that arrives while it is spoken.
class Live : public ::testing::Test {
 protected:
  Live() {
    auto model = std::make_unique<ScriptedLanguageModel>([this](const auto&) {
      ++num_pieces_;
      return ScriptedLanguageModel::Answer{.frames = {10 * num_pieces_, 10 * num_pieces_}};
    });
    model_ = model.get();
    Parts parts{.language_model = std::move(model),
                .tokenizer = byte_tokenizer(),
                .layout = {},
                .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
                .model_name = "scripted",
                .ending = Ending::kByItself,
                .decoder = std::make_unique<LoudnessDecoder>()};
    speaker_.emplace(std::move(parts), Options{});
    Request request{.live = text_};
    request.on_piece = [this](const PieceProgress& piece) {
      heard_.emplace_back(piece.text);
      origins_.push_back(piece.spanned->origin({0, piece.text.size()}).begin);
    };
    auto begun = speaker_->begin(std::move(request), [this] { ++num_woken_; });
    EXPECT_TRUE(begun.has_value()) << begun.error().message();
    if (begun) speech_ = std::move(*begun);
  }

  // Steps as far as possible.
  Result<Speech::State> step_on() {
    while (true) {
      auto state = speech_->step([this](std::span<const float> samples) {
        num_samples_ += samples.size();
        return true;
      });
      if (!state || *state != Speech::State::kMore) return state;
    }
  }

  std::shared_ptr<LiveText> text_ = std::make_shared<LiveText>();
  int num_pieces_ = 0;
  ScriptedLanguageModel* model_ = nullptr;
  std::optional<Pipeline> speaker_;
  std::unique_ptr<Speech> speech_;
  std::vector<std::string> heard_;
  std::vector<size_t> origins_;
  size_t num_samples_ = 0;
  int num_woken_ = 0;
};

TEST_F(Live, ASpeechSoundsBeforeItsTextHasEnded) {
  EXPECT_EQ(step_on().value(), Speech::State::kWaitsForText);
  EXPECT_EQ(num_samples_, 0U);
  text_->push({.text = "Hello there.", .begin = 0, .end = text::PieceEnd::kSentence});
  EXPECT_EQ(num_woken_, 1);
  EXPECT_EQ(step_on().value(), Speech::State::kWaitsForText);
  EXPECT_GE(num_samples_, size_t{2} * kSamplesPerFrame - 120) << "all but the fade";
  EXPECT_EQ(model_->num_open, 0) << "a speech that waits for text holds a sequence";
  text_->push({.text = " How are you?", .begin = 12, .end = text::PieceEnd::kSentence});
  text_->push({.text = " <think>\nHm.\n</think> ...", .begin = 25});
  text_->end();
  EXPECT_EQ(step_on().value(), Speech::State::kDone);
  EXPECT_EQ(heard_, (std::vector<std::string>{"Hello there.", "How are you?"}));
  EXPECT_EQ(origins_, (std::vector<size_t>{0, 13}));
  EXPECT_EQ(static_cast<size_t>(speech_->summary().num_samples), num_samples_);
}

TEST_F(Live, ATextThatEndsLaterThanItsSpeechEndsIt) {
  text_->push({.text = "Hello there.", .begin = 0});
  EXPECT_EQ(step_on().value(), Speech::State::kWaitsForText);
  const size_t before = num_samples_;
  text_->end();
  EXPECT_EQ(step_on().value(), Speech::State::kDone);
  EXPECT_GE(num_samples_, before);
  EXPECT_EQ(num_samples_, size_t{2} * kSamplesPerFrame);
}

TEST_F(Live, ATextWithoutWordsIsAnError) {
  text_->push({.text = "...", .begin = 0});
  text_->end();
  const auto stepped = step_on();
  ASSERT_FALSE(stepped.has_value());
  EXPECT_EQ(stepped.error().kind, ErrorKind::kUsage);
}

// The pause that a text sets is as long before a piece that comes later.
TEST_F(Live, APauseOfTheTextIsKeptBetweenStretches) {
  text_->push({.text = "Hello there.", .begin = 0, .end = text::PieceEnd::kSentence});
  EXPECT_EQ(step_on().value(), Speech::State::kWaitsForText);
  text_->push({.text = " <break time=\"2s\"/> Go.", .begin = 12});
  text_->end();
  EXPECT_EQ(step_on().value(), Speech::State::kDone);
  const size_t expected = size_t{4} * kSamplesPerFrame + size_t{2} * kSampleRateHz;
  EXPECT_NEAR(static_cast<double>(num_samples_), static_cast<double>(expected), 120) << "a fade";
}

// A model that speaks the letters of its text at 1.5 half frames each, except those of one word in
// its first takes.
class WordByWord : public ::testing::Test {
 protected:
  using Answer = ScriptedLanguageModel::Answer;

  // Rows are bytes, and the one behind the text.
  static Answer says(std::string_view text, std::string_view left_out) {
    Answer answer{.frames = {}, .looks_at = {}};
    const size_t gap = left_out.empty() ? text.npos : text.find(left_out);
    size_t time = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (gap != text.npos && i >= gap && i < gap + left_out.size()) continue;
      for (time += text[i] == ' ' ? 0 : 3; time >= 2; time -= 2)
        answer.looks_at.push_back(static_cast<int>(i));
    }
    for (int i = 0; i < 4 || answer.looks_at.size() % 2 == 1; ++i)
      answer.looks_at.push_back(static_cast<int>(text.size()));
    answer.frames.assign(answer.looks_at.size() / 2, 50);
    return answer;
  }

  Pipeline speaker(std::vector<std::string> left_out, ProofMode proof) {
    auto model = std::make_unique<ScriptedLanguageModel>(
        [this, left_out, take = size_t{0}](const lm::GenerateRequest& request) mutable {
          const std::string text = request.spoken.substr(request.spoken.find(": ") + 2);
          const std::string missing = take < left_out.size() ? left_out[take] : "";
          ++take;
          Answer answer = says(text, missing);
          answer.num_ready = num_ready_;
          answer.logprob = logprob_;
          return answer;
        });
    model->quality = 1;
    model_ = model.get();
    Options options;
    options.proof = proof;
    return Pipeline(
        {.language_model = std::move(model),
         .tokenizer = byte_tokenizer(),
         .layout = {},
         .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
         .model_name = "scripted",
         .ending = Ending::kByItself,
         .decoder = std::make_unique<LoudnessDecoder>()},
        options);
  }

  std::vector<align::WordTime> words_of(Pipeline& speaker, bool is_heard_live = false) {
    Request request;
    request.text = "Bright stars shine above quiet hills";
    request.sampling.seed = 3;
    request.is_heard_live = is_heard_live;
    std::vector<align::WordTime> words;
    request.on_words = [&](const WordProgress& progress) {
      words.insert(words.end(), progress.words.begin(), progress.words.end());
    };
    num_samples_ = 0;
    EXPECT_TRUE(speaker.speak(request, [&](std::span<const float> samples) {
      num_samples_ += samples.size();
      return true;
    }));
    return words;
  }

  ScriptedLanguageModel* model_ = nullptr;
  size_t num_samples_ = 0;
  size_t num_ready_ = std::numeric_limits<size_t>::max();  // frames of each answer
  float logprob_ = -0.5F;                                  // of each token
};

TEST_F(WordByWord, WordsHaveTheTimesOfTheAttention) {
  for (const ProofMode proof : {ProofMode::kOff, ProofMode::kOn, ProofMode::kStrict}) {
    Pipeline pipeline = speaker({}, proof);
    const auto words = words_of(pipeline);
    ASSERT_EQ(words.size(), 6U);
    int64_t behind = 0;
    int64_t letters = 0;
    for (const align::WordTime& word : words) {
      EXPECT_EQ(word.source, align::Source::kAttention);
      EXPECT_NEAR(static_cast<double>(word.begin), static_cast<double>(letters) * 1536, 1100);
      EXPECT_GE(word.begin, behind);
      behind = word.end;
      letters += static_cast<int64_t>(word.word.size());
    }
    EXPECT_EQ(words[2].word, "shine");
    EXPECT_EQ(words[2].origin, (text::Range{13, 18}));
    ASSERT_TRUE(model_->requests[0].text_rows);
    EXPECT_EQ(model_->requests[0].text_rows->count, 37);
  }
}

// A file's speech must have every word, whichever take it is of, and a seed must give the same.
TEST_F(WordByWord, AMissingWordIsMadeAgain) {
  Pipeline strict = speaker({"shine ", "quiet "}, ProofMode::kAuto);
  const auto words = words_of(strict);
  ASSERT_EQ(model_->requests.size(), 3U);
  const size_t num_samples = num_samples_;
  std::vector<uint64_t> seeds;
  for (const lm::GenerateRequest& request : model_->requests) {
    EXPECT_EQ(request.spoken, model_->requests[0].spoken);
    seeds.push_back(request.sampling.seed);
  }
  EXPECT_EQ(seeds[0], 3U);
  EXPECT_NE(seeds[1], seeds[2]);
  for (const align::WordTime& word : words) EXPECT_GT(word.confidence, 0.5F) << word.word;
  EXPECT_NE(strict.metrics().find("orpheus_proof_remade_total{fault=\"skipped\"} 2"),
            std::string::npos)
      << strict.metrics();

  Pipeline again = speaker({"shine ", "quiet "}, ProofMode::kStrict);
  EXPECT_EQ(words_of(again), words);
  EXPECT_EQ(num_samples_, num_samples);
  for (size_t i = 0; i < seeds.size(); ++i) EXPECT_EQ(model_->requests[i].sampling.seed, seeds[i]);
}

// Heard while it is made, a speech goes on from the last word that is right.
TEST_F(WordByWord, HeardLiveTheRestIsMadeAnew) {
  Pipeline live = speaker({"quiet "}, ProofMode::kAuto);
  const auto words = words_of(live, true);
  ASSERT_EQ(model_->requests.size(), 2U);
  EXPECT_TRUE(model_->requests[1].spoken.ends_with(": quiet hills"));
  EXPECT_TRUE(model_->requests[1].continues_speech);
  ASSERT_EQ(words.size(), 6U);
  int64_t behind = 0;
  for (const align::WordTime& word : words) {
    EXPECT_GE(word.begin, behind);
    EXPECT_GT(word.end, word.begin);
    EXPECT_GT(word.confidence, 0.5F) << word.word;
    behind = word.end;
  }
}

// Guards against: a request waits for a search for the alignment heads, and every stream of the
// server with it; or a seed gives other samples once heads were found and kept.
TEST_F(WordByWord, WhereTheFileDoesNotNameTheHeadsNothingIsProvenByDefault) {
  for (const bool knows_heads : {false, true}) {
    for (const bool asks_for_words : {false, true}) {
      Pipeline pipeline = speaker({"shine "}, ProofMode::kAuto);
      model_->names_heads = false;
      model_->knows_heads = knows_heads;
      Request request;
      request.text = "Bright stars shine above quiet hills";
      std::vector<align::Source> sources;
      if (asks_for_words) {
        request.on_words = [&](const WordProgress& progress) {
          for (const align::WordTime& word : progress.words) sources.push_back(word.source);
        };
      }
      EXPECT_TRUE(pipeline.speak(request, [](std::span<const float>) { return true; }));
      ASSERT_EQ(model_->requests.size(), 1U);
      EXPECT_EQ(model_->requests[0].text_rows.has_value(), asks_for_words && knows_heads);
      EXPECT_EQ(model_->num_waits, 0);
      EXPECT_EQ(model_->num_seeks, asks_for_words ? 1 : 0);
      const auto source = knows_heads ? align::Source::kAttention : align::Source::kEstimate;
      EXPECT_EQ(sources, std::vector<align::Source>(asks_for_words ? 6 : 0, source));
    }
  }
}

// Guards against: surprise that is usual for a large voice has each piece made three times. What
// the attention shows still counts.
TEST_F(WordByWord, SurpriseCountsOnlyWhereTheFileNamesTheHeads) {
  for (const bool names_heads : {false, true}) {
    for (const std::string left_out : {"", "shine "}) {
      Pipeline pipeline = speaker({left_out}, ProofMode::kStrict);
      model_->names_heads = names_heads;
      logprob_ = -6;  // more than the judge has ever seen
      words_of(pipeline);
      const size_t num_takes = names_heads ? kMostTakes : left_out.empty() ? 1 : 2;
      EXPECT_EQ(model_->requests.size(), num_takes) << names_heads << left_out;
    }
  }
}

// `--proof strict` is a promise: a start that cannot keep it says so.
TEST_F(WordByWord, AProofThatIsAskedForNeedsHeads) {
  for (const ProofMode proof : {ProofMode::kAuto, ProofMode::kOff}) {
    Pipeline pipeline = speaker({}, proof);
    model_->quality = 0.3;
    EXPECT_TRUE(pipeline.prepare_proof().has_value());
    EXPECT_EQ(model_->num_waits, 0);
  }
  for (const ProofMode proof : {ProofMode::kOn, ProofMode::kStrict}) {
    Pipeline pipeline = speaker({"shine "}, proof);
    model_->names_heads = false;
    model_->knows_heads = false;
    EXPECT_TRUE(pipeline.prepare_proof().has_value());
    EXPECT_EQ(model_->num_waits, 1);
    words_of(pipeline);
    EXPECT_EQ(model_->requests.size(), 2U);
    model_->quality = 0.3;
    const auto refused = pipeline.prepare_proof();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
    EXPECT_NE(refused.error().message().find("--proof auto"), std::string::npos);
  }
}

// Guards against: the pieces of a file are generated one by one until the first one is proven.
TEST_F(WordByWord, LaterPiecesBeginWhileTheFirstIsProven) {
  for (const ProofMode proof : {ProofMode::kStrict, ProofMode::kOff}) {
    Pipeline pipeline = speaker({}, proof);
    num_ready_ = 1;
    Request request;
    request.text =
        "Bright stars shine above quiet hills. One more sentence follows here now.\n\n"
        "And a third one.";
    const auto speech = pipeline.begin(request, [] {}).value();
    for (int step = 0; step < 3; ++step)
      EXPECT_TRUE(speech->step([](std::span<const float>) { return true; }));
    if (proof == ProofMode::kStrict) {
      EXPECT_GT(model_->requests.size(), 1U);
    }
  }
}

// A model without heads costs nothing and changes nothing.
TEST_F(WordByWord, WithoutGoodHeadsNothingIsAskedOrProven) {
  Pipeline pipeline = speaker({"shine "}, ProofMode::kStrict);
  model_->quality = 0.3;
  for (const align::WordTime& word : words_of(pipeline))
    EXPECT_EQ(word.source, align::Source::kEstimate);
  ASSERT_EQ(model_->requests.size(), 1U);
  EXPECT_FALSE(model_->requests[0].text_rows);
}

}  // namespace
}  // namespace orpheus::speech
