#include "speech/piece_reader.h"

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

PieceReader start(ScriptedLanguageModel& model, int max_tokens = 700) {
  PieceReader::Takes takes;
  takes.first.prompt = {1};
  takes.first.sampling.seed = 5;
  takes.first.max_tokens = max_tokens;
  takes.seed_of_second = 6;
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

TEST(PieceReader, WhatRunsAwayUnheardIsMadeOnceMore) {
  ScriptedLanguageModel model([](const lm::GenerateRequest& request) {
    return request.sampling.seed == 5 ? Answer{.frames = {1, 2, 3}, .never_ends = true}
                                      : Answer{.frames = {7, 8}};
  });
  PieceReader reader = start(model);
  reader.read_ahead();
  EXPECT_EQ(model.requests.size(), 2U);
  EXPECT_TRUE(model.requests.back().continues_speech);
  EXPECT_EQ(rest_of(reader), (std::vector<int32_t>{7, 8}));
  EXPECT_EQ(reader.seed(), 6U);
  EXPECT_EQ(model.most_open, 1);
}

TEST(PieceReader, WhatRunsAwayTwiceEndsAtItsBound) {
  ScriptedLanguageModel model([](const auto&) {
    Answer answer{.never_ends = true};
    for (int i = 0; i < 30; ++i) answer.frames.push_back(i);
    return answer;
  });
  PieceReader reader = start(model, 20 * 7);
  reader.read_ahead();
  EXPECT_EQ(model.requests.size(), 2U);
  EXPECT_EQ(rest_of(reader).size(), 20U);
}

TEST(PieceReader, WhatRunsAwayWhileItIsHeardEndsThere) {
  ScriptedLanguageModel model([](const auto&) {
    return Answer{.frames = {1, 2}, .never_ends = true};
  });
  PieceReader reader = start(model);
  const std::vector<int32_t> heard = rest_of(reader);
  EXPECT_EQ(model.requests.size(), 1U);
  // The frames before the loop, and four seconds that showed it: not the hundred of the bound.
  EXPECT_EQ(heard.size(), 2U + 47U);
}

TEST(PieceReader, ErrorsComeAfterTheFramesBeforeThem) {
  ScriptedLanguageModel model([](const auto&) {
    return Answer{.frames = {1}, .error = Error{.kind = ErrorKind::kUnavailable, .what = "gone"}};
  });
  PieceReader reader = start(model);
  reader.read_ahead();
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
  }
  LoopDetector quiet;  // three seconds of one frame are a pause
  bool seen = false;
  for (int i = 0; i < 300; ++i) seen = seen || quiet.push(frame_of(i % 45 < 36 ? 0 : i));
  EXPECT_FALSE(seen);
}

}  // namespace
}  // namespace orpheus::speech
