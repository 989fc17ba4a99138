// Sequences side by side: each is the same as alone.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lm/llama/runner.h"
#include "lm/llama/testing/runner_speech.h"

namespace orpheus::llama {
namespace {

TEST(Runner, ASequenceIsTheSameInAnyCompany) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  for (const CacheType type : {CacheType::kF16, CacheType::kQ8_0}) {
    const CachePlan plan{.num_lanes = 6, .lane_rows = 256, .type = type};
    const auto alone = speak_among(voice, 3, 0, plan, Shapes::kSmallest);
    for (const int num_others : {1, 2, 5}) {
      const auto among = speak_among(voice, 3, num_others, plan, Shapes::kSmallest);
      EXPECT_LT(largest_difference(alone, among), on_gpu() ? 0.05 : 1e-3) << num_others;
    }
  }
}

TEST(Runner, WithFixedShapesItIsTheSameToTheBit) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  const CachePlan plan{.num_lanes = 6, .lane_rows = 256};
  const auto alone = speak_among(voice, 3, 0, plan, Shapes::kFixed);
  for (const int num_others : {1, 4, 5}) {
    const auto among = speak_among(voice, 3, num_others, plan, Shapes::kFixed);
    for (size_t step = 0; step < alone.size(); ++step)
      EXPECT_EQ(alone[step].values, among[step].values) << num_others << ", step " << step;
  }
}

// Guards against lanes of several lengths that read or overwrite each other's rows: a sequence over
// two lanes, beside a short one in the last lane and a long one that continues in the tail, has the
// logits that it has alone.
TEST(Runner, ASequenceMayUseSeveralLanes) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  std::vector<Token> tokens;
  for (int i = 0; i < 330; ++i) tokens.push_back(128266 + i * 37 % 4000);
  for (const bool flash : {true, false}) {
    const auto create = [&](const CachePlan& plan) {
      return Runner::create(voice.model, *voice.devices,
                            {.cache = plan, .max_chunk = 400, .flash_attention = flash})
          .value();
    };
    const auto last_logits_alone = [&](size_t count) {
      Runner alone = create({.num_lanes = 1, .lane_rows = 512});
      Logits logits;
      EXPECT_TRUE(
          read(alone, std::span(tokens).first(count - 1), {.head = OutputHead::kNone}, logits));
      EXPECT_TRUE(read(alone, std::span(tokens).subspan(count - 1, 1), {.slot = 1}, logits));
      return logits;
    };
    Runner runner = create({.num_lanes = 4, .lane_rows = 256, .tail_rows = 256});
    runner.empty_lane(0, 2);
    runner.empty_lane(3, 2);
    const struct {
      int lane;
      size_t count;
    } sequences[] = {{0, 330}, {2, 20}, {3, 300}};
    std::vector<Logits> found(3);
    std::vector<Reading> step;
    for (size_t i = 0; i < 3; ++i) {
      const auto& [lane, count] = sequences[i];
      Logits unused;
      ASSERT_TRUE(read(runner, std::span(tokens).first(count - 1), {.head = OutputHead::kNone},
                       unused, lane));
      step.push_back({.lane = lane,
                      .tokens = std::span(tokens).subspan(count - 1, 1),
                      .wanted = {.slot = 1},
                      .logits = &found[i]});
    }
    ASSERT_TRUE(runner.step(step).has_value());
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_LT(largest_difference({last_logits_alone(sequences[i].count)}, {found[i]}),
                on_gpu() ? 0.05 : 1e-3)
          << i << (flash ? "" : ", plain attention");
    }
    runner.empty_lane(2);
    Logits unused;
    const auto full = read(runner, std::span(tokens).first(257), {.slot = 0}, unused, 2);
    ASSERT_FALSE(full.has_value());
    EXPECT_EQ(full.error().kind, ErrorKind::kLimit);
  }
}

TEST(Runner, APromptMayBeReadBesideThoseWhoSpeak) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  const std::vector<Token> prompt = prompt_of(4);
  const auto options = RunnerOptions{.cache = {.num_lanes = 3, .lane_rows = 256}};
  auto alone = Runner::create(voice.model, *voice.devices, options);
  Logits expected;
  ASSERT_TRUE(read(*alone, prompt, {.slot = 0}, expected, 2));
  auto among = Runner::create(voice.model, *voice.devices, options);
  Logits other;
  Logits found;
  ASSERT_TRUE(read(*among, prompt_of(1), {.slot = 0}, other, 1));
  const Token token = 128266;
  const auto half = std::span(prompt).first(9);
  const auto rest = std::span(prompt).subspan(9);
  const Reading first[] = {
      {.lane = 1, .tokens = {&token, 1}, .wanted = {.slot = 1}, .logits = &other},
      {.lane = 2, .tokens = half, .wanted = {.head = OutputHead::kNone}, .logits = &found}};
  const Reading second[] = {
      {.lane = 1, .tokens = {&token, 1}, .wanted = {.slot = 2}, .logits = &other},
      {.lane = 2, .tokens = rest, .wanted = {.slot = 0}, .logits = &found}};
  ASSERT_TRUE(among->step(first).has_value());
  ASSERT_TRUE(among->step(second).has_value());
  EXPECT_LT(largest_difference({expected}, {found}), on_gpu() ? 0.05 : 1e-3);
}

}  // namespace
}  // namespace orpheus::llama
