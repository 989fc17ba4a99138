// One speech of a pipeline: what it refuses, and how its caller waits for tokens.

#include "speech/pipeline.h"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "speech/testing/pipeline_parts.h"
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
Pipeline pipeline(const Options& options = {}) {
  return Pipeline(parts_with(std::make_unique<NoLanguageModel>()), options);
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
  Pipeline speaker(parts_with(std::make_unique<LateLanguageModel>(ready)), {});
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

}  // namespace
}  // namespace orpheus::speech
