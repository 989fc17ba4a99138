// A long text: its pieces are made side by side and heard in order, each within its bounds.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "speech/pipeline.h"
#include "speech/speaking_time.h"
#include "speech/testing/pipeline_parts.h"
#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

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
    Parts parts = parts_with(std::move(model), std::move(decoder_));
    parts.ending = ending_;
    parts.habits.speaks_tags = speaks_tags_;
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
  Pipeline speaker(parts_with(std::move(model)), {.max_piece_code_points = 25});
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

}  // namespace
}  // namespace orpheus::speech
