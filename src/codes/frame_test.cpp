#include "codes/frame.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace orpheus::codes {
namespace {

using prompt::kSlotsPerFrame;
using prompt::Token;
using prompt::TokenLayout;

constexpr TokenLayout kStock;
constexpr TokenLayout kSmall = {.audio_token_base = 266, .codebook_size = 256};

class FrameTest : public testing::TestWithParam<TokenLayout> {
 protected:
  int32_t random_code() {
    return std::uniform_int_distribution<int32_t>(0, layout.codebook_size - 1)(random);
  }
  Frame random_frame() {
    Frame frame;
    for (int32_t& code : frame.c0) code = random_code();
    for (int32_t& code : frame.c1) code = random_code();
    for (int32_t& code : frame.c2) code = random_code();
    return frame;
  }
  std::vector<Frame> random_frames(size_t count) {
    std::vector<Frame> frames(count);
    std::generate(frames.begin(), frames.end(), [&] { return random_frame(); });
    return frames;
  }
  std::vector<Token> speak(const std::vector<Frame>& frames) const {
    std::vector<Token> tokens;
    for (const Frame& frame : frames) {
      const auto seven = tokens_of(frame, layout);
      tokens.insert(tokens.end(), seven.begin(), seven.end());
    }
    return tokens;
  }
  static std::vector<Frame> assemble(FrameAssembler& assembler, const std::vector<Token>& tokens) {
    std::vector<Frame> frames;
    for (const Token token : tokens) {
      if (const auto frame = assembler.push(token)) frames.push_back(*frame);
    }
    return frames;
  }

  const TokenLayout layout = GetParam();
  std::mt19937 random{20};
};

INSTANTIATE_TEST_SUITE_P(Layouts, FrameTest, testing::Values(kStock, kSmall),
                         [](const auto& layout) {
                           return "Codebook" + std::to_string(layout.param.codebook_size);
                         });

TEST(Frame, SaysItsCodesInTheTrainedOrder) {
  const Frame frame{.c0 = {0}, .c1 = {10, 11}, .c2 = {20, 21, 22, 4095}};
  EXPECT_EQ(tokens_of(frame, kStock),
            (std::array<Token, 7>{128266 + 0, 132362 + 10, 136458 + 20, 140554 + 21, 144650 + 11,
                                  148746 + 22, 156937}));
}

TEST_P(FrameTest, AssemblerGivesTheFramesBack) {
  const auto frames = random_frames(100);
  FrameAssembler assembler(layout);
  EXPECT_EQ(assemble(assembler, speak(frames)), frames);
}

TEST_P(FrameTest, FirstAndLastCodeOfEveryBookAreKept) {
  const int32_t last = layout.codebook_size - 1;
  const std::vector<Frame> frames = {
      {}, {.c0 = {last}, .c1 = {last, last}, .c2 = {last, last, last, last}}};
  FrameAssembler assembler(layout);
  EXPECT_EQ(assemble(assembler, speak(frames)), frames);
}

// A lost, added or changed token at one place leaves the frames before and after it unchanged.
TEST_P(FrameTest, OneBadTokenCostsAtMostOneFrame) {
  constexpr size_t kFrames = 5;
  const auto frames = random_frames(kFrames);
  const auto spoken = speak(frames);
  std::vector<Token> strays = {-1, 0, layout.end_of_speech, layout.audio_token_base - 1,
                               layout.audio_token(kSlotsPerFrame, 0)};
  for (int slot = 0; slot < kSlotsPerFrame; ++slot)
    strays.push_back(layout.audio_token(slot, random_code()));

  const auto check = [&](const std::vector<Token>& tokens, size_t hit) {
    FrameAssembler assembler(layout);
    auto expected = frames;
    auto assembled = assemble(assembler, tokens);
    // A stray that fits its slot by chance passes for a code, so the frame hit may come out
    // changed.
    if (assembled.size() == kFrames) assembled[hit] = expected[hit];
    if (assembled.size() < kFrames) expected.erase(expected.begin() + static_cast<long>(hit));
    EXPECT_EQ(assembled, expected);
  };
  for (size_t i = 0; i < spoken.size(); ++i) {
    const auto at = static_cast<long>(i);
    auto lost = spoken;
    lost.erase(lost.begin() + at);
    check(lost, i / kSlotsPerFrame);
    for (const Token stray : strays) {
      auto inserted = spoken;
      inserted.insert(inserted.begin() + at, stray);
      check(inserted, i / kSlotsPerFrame);
      auto replaced = spoken;
      replaced[i] = stray;
      check(replaced, i / kSlotsPerFrame);
    }
  }
}

TEST_P(FrameTest, RandomTokensNeverGiveACodeOutOfRange) {
  // Mostly of the slot that comes next, so that frames do complete.
  std::vector<Token> tokens(200000);
  std::uniform_int_distribution<Token> anything(std::numeric_limits<Token>::min(),
                                                std::numeric_limits<Token>::max());
  std::uniform_int_distribution<Token> near(layout.audio_token(0, 0) - 9,
                                            layout.audio_token(kSlotsPerFrame, 0) + 9);
  for (size_t i = 0; i < tokens.size(); ++i) {
    switch (random() % 32) {
      case 0: tokens[i] = anything(random); break;
      case 1: tokens[i] = near(random); break;
      default: tokens[i] = layout.audio_token(static_cast<int>(i % kSlotsPerFrame), random_code());
    }
  }
  FrameAssembler assembler(layout);
  const auto frames = assemble(assembler, tokens);
  EXPECT_GT(frames.size(), 1000U);
  // Guards against: a frame of other tokens: each frame is seven consecutive tokens.
  auto from = tokens.begin();
  for (const Frame& frame : frames) {
    const auto seven = tokens_of(frame, layout);
    from = std::search(from, tokens.end(), seven.begin(), seven.end());
    ASSERT_NE(from, tokens.end());
    from += kSlotsPerFrame;
  }
  for (const Frame& frame : frames) {
    for (const Token token : tokens_of(frame, layout)) ASSERT_TRUE(layout.is_audio(token));
    const auto rows = rows_of({&frame, 1});
    for (const auto* row : {&rows.c0, &rows.c1, &rows.c2}) {
      for (const int32_t code : *row) {
        ASSERT_GE(code, 0);
        ASSERT_LT(code, layout.codebook_size);
      }
    }
  }
}

TEST_P(FrameTest, RowsAndFramesAreInverse) {
  for (const size_t count : {0U, 1U, 2U, 33U}) {
    const auto frames = random_frames(count);
    const auto rows = rows_of(frames);
    EXPECT_EQ(rows.c0.size(), count);
    EXPECT_EQ(rows.c1.size(), 2 * count);
    EXPECT_EQ(rows.c2.size(), 4 * count);
    EXPECT_EQ(frames_of(rows), frames);
  }
}

TEST(CodeRows, OfUnequalLengthsAreNoFrames) {
  EXPECT_EQ(frames_of({.c0 = {1}, .c1 = {1, 2}, .c2 = {1, 2, 3}}), std::nullopt);
  EXPECT_EQ(frames_of({.c0 = {1}, .c1 = {1}, .c2 = {1, 2, 3, 4}}), std::nullopt);
  EXPECT_EQ(frames_of({.c0 = {}, .c1 = {1, 2}, .c2 = {1, 2, 3, 4}}), std::nullopt);
}

}  // namespace
}  // namespace orpheus::codes
