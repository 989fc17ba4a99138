// A text that arrives while it is spoken.

#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "speech/pipeline.h"
#include "speech/testing/pipeline_parts.h"
#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

// A speech of a text that arrives while it is spoken.
class Live : public ::testing::Test {
 protected:
  Live() {
    auto model = std::make_unique<ScriptedLanguageModel>([this](const auto&) {
      ++num_pieces_;
      return ScriptedLanguageModel::Answer{.frames = {10 * num_pieces_, 10 * num_pieces_}};
    });
    model_ = model.get();
    speaker_.emplace(parts_with(std::move(model)), Options{});
    Request request;
    request.live = text_;
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

}  // namespace
}  // namespace orpheus::speech
