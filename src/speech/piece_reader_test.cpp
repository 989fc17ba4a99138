#include "speech/piece_reader.h"

#include <random>

#include <gtest/gtest.h>

#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

using Answer = ScriptedLanguageModel::Answer;

// The first code of every frame that is left.
std::vector<int32_t> rest_of(PieceReader& reader) {
  std::vector<int32_t> codes;
  while (true) {
    const auto frame = reader.next_frame();
    EXPECT_TRUE(frame.has_value());
    if (!frame || !*frame) return codes;
    codes.push_back((*frame)->c0[0]);
  }
}

PieceReader start(ScriptedLanguageModel& model, int max_tokens = 700,
                  bool goes_on_from_tokens = true) {
  PieceReader::Takes takes;
  takes.first.prompt = {1};
  takes.first.sampling.seed = 5;
  takes.first.max_tokens = max_tokens;
  takes.seed_of_second = 6;
  takes.goes_on_from_tokens = goes_on_from_tokens;
  auto reader = PieceReader::start(model, std::move(takes), {});
  EXPECT_TRUE(reader.has_value());
  return std::move(*reader);
}

TEST(PieceReader, HandsOutTheFramesOfItsTokens) {
  ScriptedLanguageModel model([](const auto&) { return Answer{.frames = {3, 1, 4}}; });
  PieceReader reader = start(model);
  EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{3, 1, 4}));
  EXPECT_EQ(reader.num_tokens(), 21);
  EXPECT_EQ(reader.seed(), 5U);
  EXPECT_EQ(model.num_open, 0);
}

// The first attempt loops; the second one reaches its end.
ScriptedLanguageModel::Script loops_then_ends() {
  return [](const lm::GenerateRequest& request) {
    return request.sampling.seed == 5 ? Answer{.frames = {1, 2, 3}, .never_ends = true}
                                      : Answer{.frames = {7, 8}};
  };
}

TEST(PieceReader, BehindALoopItGoesOnFromTheTokensBeforeIt) {
  ScriptedLanguageModel model(loops_then_ends());
  PieceReader reader = start(model);
  EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{1, 2, 3, 7, 8}));
  ASSERT_EQ(model.requests.size(), 2U);
  const lm::GenerateRequest& second = model.requests.back();
  std::vector<prompt::Token> told = {1};
  for (const int32_t code : {1, 2, 3}) {
    for (const prompt::Token token : codes::tokens_of(frame_of(code), {})) told.push_back(token);
  }
  EXPECT_EQ(second.prompt, told);
  EXPECT_EQ(second.max_tokens, 700 - 3 * 7);
  EXPECT_TRUE(second.continues_speech);
  EXPECT_EQ(reader.num_tokens(), 5 * 7);
  EXPECT_EQ(reader.num_prompt_tokens(), 1);
  EXPECT_EQ(reader.seed(), 5U);
  EXPECT_EQ(model.most_open, 1);
}

TEST(PieceReader, ASecondLoopEndsThePiece) {
  ScriptedLanguageModel model([](const lm::GenerateRequest& request) {
    return request.sampling.seed == 5 ? Answer{.frames = {1, 2}, .never_ends = true}
                                      : Answer{.frames = {4}, .never_ends = true};
  });
  PieceReader reader = start(model);
  EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{1, 2, 4}));
  EXPECT_EQ(model.requests.size(), 2U);
}

TEST(PieceReader, WhatReachesItsBoundEndsThere) {
  ScriptedLanguageModel model([](const auto&) {
    Answer answer{.never_ends = true};
    for (int i = 0; i < 30; ++i) answer.frames.push_back(i);
    return answer;
  });
  PieceReader reader = start(model, 20 * 7);
  reader.read_ahead();
  EXPECT_EQ(model.requests.size(), 1U);
  EXPECT_EQ(rest_of(reader).size(), 20U);
}

// Guards against: the limit on tokens applies to each attempt instead of both together.
TEST(PieceReader, TheBoundIsThatOfBothTakes) {
  ScriptedLanguageModel model([](const lm::GenerateRequest& request) {
    Answer second{.never_ends = true};
    for (int i = 10; i < 90; ++i) second.frames.push_back(i);
    return request.sampling.seed == 5 ? Answer{.frames = {1, 2, 3}, .never_ends = true} : second;
  });
  PieceReader reader = start(model, 60 * 7);
  EXPECT_EQ(rest_of(reader).size(), 60U);
  EXPECT_EQ(reader.num_tokens(), 60 * 7);
  ASSERT_EQ(model.requests.size(), 2U);
  EXPECT_EQ(model.requests.back().max_tokens, 57 * 7);
}

// Guards against: a piece that ends just below its limit counts as a runaway.
TEST(PieceReader, APieceRunsAwayAtItsBoundAndNotBelowIt) {
  for (const int max_tokens : {21, 22}) {
    ScriptedLanguageModel model([](const auto&) { return Answer{.frames = {3, 1, 4}}; });
    PieceReader reader = start(model, max_tokens, false);
    reader.read_ahead();
    EXPECT_EQ(model.requests.size(), max_tokens == 21 ? 2U : 1U) << max_tokens;
    EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{3, 1, 4})) << max_tokens;
    EXPECT_EQ(reader.num_tokens(), 21);
  }
}

TEST(PieceReader, FramesThatRepeatForAWhileAreHandedOutAfterAll) {
  const std::vector<int32_t> frames = {1, 2, 2, 2, 3, 4, 3, 4, 5, 5};
  ScriptedLanguageModel model([&](const auto&) { return Answer{.frames = frames}; });
  PieceReader reader = start(model);
  EXPECT_EQ(rest_of(reader), frames);
}

// Guards against: the speech depends on how fast its client reads. Random pieces give the same
// frames and requests, whether they are read ahead or not at random moments.
TEST(PieceReader, WhenItIsHeardChangesNothing) {
  std::mt19937 draw(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<Answer> answers(2);
    for (Answer& answer : answers) {
      for (auto count = 1 + draw() % 60; count > 0; --count)
        answer.frames.push_back(static_cast<int32_t>(draw() % 3));
      answer.never_ends = draw() % 2 == 0;
    }
    const auto script = [&](const lm::GenerateRequest& request) {
      return answers[request.sampling.seed - 5];
    };
    ScriptedLanguageModel model(script);
    PieceReader reader = start(model);
    const std::vector<int32_t> undisturbed = rest_of(reader);
    for (int times = 0; times < 4; ++times) {
      ScriptedLanguageModel same(script);
      PieceReader other = start(same);
      std::vector<int32_t> heard;
      const auto when = draw() % 100;
      while (true) {
        if (draw() % 100 < when) other.read_ahead();
        const auto frame = other.next_frame();
        ASSERT_TRUE(frame.has_value());
        if (!*frame) break;
        heard.push_back((*frame)->c0[0]);
      }
      EXPECT_EQ(heard, undisturbed);
      EXPECT_EQ(same.requests.size(), model.requests.size());
    }
  }
}

TEST(PieceReader, WhereTokensCannotBeToldWhatRunsAwayUnheardIsMadeAnew) {
  ScriptedLanguageModel model(loops_then_ends());
  PieceReader reader = start(model, 700, false);
  reader.read_ahead();
  EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{7, 8}));
  EXPECT_EQ(model.requests.back().prompt, (std::vector<prompt::Token>{1}));
  EXPECT_EQ(reader.num_tokens(), 2 * 7);

  ScriptedLanguageModel heard(loops_then_ends());
  PieceReader begun = start(heard, 700, false);
  EXPECT_EQ(rest_of(begun), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(heard.requests.size(), 1U);
}

TEST(PieceReader, ErrorsComeAfterTheFramesBeforeThem) {
  ScriptedLanguageModel model([](const auto&) {
    return Answer{.frames = {1, 1},
                  .error = Error{.kind = ErrorKind::kUnavailable, .what = "gone"}};
  });
  PieceReader reader = start(model);
  reader.read_ahead();
  EXPECT_TRUE(reader.next_frame().value().has_value());
  EXPECT_TRUE(reader.next_frame().value().has_value());
  const auto after = reader.next_frame();
  ASSERT_FALSE(after.has_value());
  EXPECT_EQ(after.error().what, "gone");
}

TEST(LoopDetector, SeesShortPeriodsAndNoOthers) {
  for (const int period : {1, 2, 3, 4, 5, 50}) {
    LoopDetector loop;
    bool seen = false;
    for (int i = 0; i < 200; ++i) seen = seen || loop.push(frame_of(i % period));
    EXPECT_EQ(seen, period <= 4) << period;
    EXPECT_EQ(loop.num_repeated(), seen ? 47 : 0) << period;  // no push behind that
  }
  LoopDetector quiet;  // three seconds of one frame are a pause
  bool seen = false;
  for (int i = 0; i < 300; ++i) seen = seen || quiet.push(frame_of(i % 45 < 36 ? 0 : i));
  EXPECT_FALSE(seen);
}

}  // namespace
}  // namespace orpheus::speech
