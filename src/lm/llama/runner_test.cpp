// Holds the network against what llama.cpp answered for the same weights (tests/data/lm-small, made
// with float16 weights and without flash attention). The weights are written by
// tools/make-golden-voice.py.

#include "lm/llama/runner.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <optional>
#include <random>

#include <ggml.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lm/llama/testing/runner_speech.h"
#include "tensor/attention.h"

namespace orpheus::llama {
namespace {

struct GoldenCase {
  const char* voice;
  const char* answers;
  OutputHead head;
  bool flash_attention;
};

class Golden : public testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, GreedyTokensAndFirstLogProbabilitiesEqualLlamaCpps) {
  const GoldenCase& golden_case = GetParam();
  const Loaded voice = load(golden_case.voice);
  ASSERT_NE(voice.model, nullptr);
  double worst = 0;
  double lowest = 0;
  for (const auto& row : golden(golden_case.answers)) {
    const auto prompt = row["prompt"].get<std::vector<Token>>();
    const auto expected = row["greedy"].get<std::vector<Token>>();
    Logits first;
    speak(voice, prompt, golden_case.head, expected.size(),
          one_lane(512, 256, golden_case.flash_attention), [&](const Logits& logits, size_t step) {
            if (step == 0) first = logits;
            lowest = std::max(lowest, below_likeliest(logits, expected[step]));
            EXPECT_LE(below_likeliest(logits, expected[step]), likeliest_tolerance())
                << "step " << step;
            return expected[step];
          });
    if (golden_case.head != OutputHead::kFull) continue;
    const auto logprobs = log_probabilities(first.values);
    for (const auto& top : row["first_top10"]) {
      const double difference =
          std::abs(logprobs[top["id"].get<size_t>()] - top["logprob"].get<double>());
      EXPECT_LT(difference, log_probability_tolerance());
      worst = std::max(worst, difference);
    }
  }
  RecordProperty("largest_log_probability_difference", std::to_string(worst));
  RecordProperty("furthest_below_likeliest", std::to_string(lowest));
}

INSTANTIATE_TEST_SUITE_P(
    Runner, Golden,
    testing::Values(GoldenCase{"small.gguf", "greedy.json", OutputHead::kFull, false},
                    GoldenCase{"small.gguf", "greedy.json", OutputHead::kFull, true},
                    GoldenCase{"small-slots.gguf", "greedy-slots.json", OutputHead::kFull, true},
                    GoldenCase{"small-slots.gguf", "greedy-slots.json", OutputHead::kSlot, false},
                    GoldenCase{"small-slots.gguf", "greedy-slots.json", OutputHead::kSlot, true}),
    [](const auto& test) {
      return std::string(test.param.voice == std::string("small.gguf") ? "Plain" : "Slots") +
             (test.param.head == OutputHead::kFull ? "FullHead" : "SlotHead") +
             (test.param.flash_attention ? "FlashAttention" : "PlainAttention");
    });

// Guards against: logits depend on the batch, the chunks of a prompt, or the number of threads. The
// test takes random steps of four sequences with the small voice (packed matrices).
TEST(Runner, ATokensLogitsAreTheSameToTheBitInAnyChunksAndCompany) {
  if (on_gpu() || !tensor::is_attention_supported(GGML_TYPE_F16, 64)) GTEST_SKIP();
  Loaded voice = load("../../voices/small/lm.gguf");
  ASSERT_NE(voice.model, nullptr);
  std::mt19937 draw(11);
  const auto up_to = [&](size_t most) { return 1 + draw() % most; };
  std::vector<Token> tokens;
  for (int i = 0; i < 330; ++i) {
    tokens.push_back(
        static_cast<Token>(draw() % static_cast<unsigned>(voice.model->config().vocabulary_size)));
  }
  const RunnerOptions options{.cache = {.num_lanes = 4, .lane_rows = 1024}};
  const auto create = [&] { return Runner::create(voice.model, *voice.devices, options).value(); };
  const Wanted wanted{.head = OutputHead::kSlot, .slot = 0};
  std::vector<std::vector<float>> alone;
  Runner undisturbed = create();
  for (const Token& token : tokens) {
    Logits logits;
    ASSERT_TRUE(read(undisturbed, {&token, 1}, wanted, logits).has_value());
    alone.push_back(logits.values);
  }
  for (int round = 0; round < 3; ++round) {
    voice.devices->set_num_threads(round == 0 ? 2 : 1);
    Runner runner = create();
    const auto lane = static_cast<int>(draw() % 4);
    for (size_t num_read = 0; num_read < tokens.size();) {
      const bool one = draw() % 4 != 0;
      const size_t count = one ? 1 : std::min(up_to(256), tokens.size() - num_read);
      Logits ours;
      std::vector<Logits> others(4);
      std::vector<Reading> step = {{.lane = lane,
                                    .tokens = std::span(tokens).subspan(num_read, count),
                                    .wanted = wanted,
                                    .logits = &ours}};
      bool has_chunk = count > 1;
      for (int other = 0; other < 4; ++other) {
        if (other == lane || draw() % 2 == 0 || runner.num_cached(other) > 600) continue;
        const bool chunk = !has_chunk && draw() % 3 == 0;
        has_chunk = has_chunk || chunk;
        step.insert(step.begin() + static_cast<ptrdiff_t>(draw() % step.size()),
                    {.lane = other,
                     .tokens = std::span(tokens).first(chunk ? up_to(200) + 1 : 1),
                     .wanted = {.head = OutputHead::kSlot, .slot = static_cast<int>(draw() % 7)},
                     .logits = &others[static_cast<size_t>(other)]});
      }
      ASSERT_TRUE(runner.step(step).has_value());
      num_read += count;
      ASSERT_EQ(ours.values, alone[num_read - 1]) << count << " of " << num_read << " tokens";
    }
  }
}

TEST(Runner, ThePromptMayBeReadInAnyChunks) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  std::vector<Token> prompt = {128259, 128000};
  for (int i = 0; i < 300; ++i) prompt.push_back(i * 37 % 256);
  prompt.insert(prompt.end(), {128009, 128260, 128261, 128257});
  const auto whole = speak_greedily(voice, prompt, OutputHead::kSlot, 8, one_lane(400, 400));
  for (const int chunk : {1, 7, 64, 255, 256}) {
    const auto chunked = speak_greedily(voice, prompt, OutputHead::kSlot, 8, one_lane(400, chunk));
    EXPECT_EQ(chunked, whole) << "chunks of " << chunk;
  }
}

TEST(Runner, TheSlotHeadGivesTheFullHeadsRows) {
  const Loaded voice = load("small.gguf");
  ASSERT_NE(voice.model, nullptr);
  const std::vector<Token> prompt = {128259, 128000, 116, 128009, 128260, 128261, 128257};
  const auto logits_of = [&](OutputHead head, int slot) {
    auto runner = Runner::create(voice.model, *voice.devices, one_lane(64));
    Logits logits;
    EXPECT_TRUE(read(*runner, prompt, {.head = head, .slot = slot}, logits).has_value());
    return logits;
  };
  const Logits full = logits_of(OutputHead::kFull, 0);
  double worst = 0;
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) {
    const Logits rows = logits_of(OutputHead::kSlot, slot);
    ASSERT_EQ(rows.values.size(), slot == 0 ? 4097U : 4096U);
    for (size_t row = 0; row < rows.values.size(); ++row) {
      const float expected = full.values[static_cast<size_t>(rows.id_of(row))];
      ASSERT_NEAR(rows.values[row], expected, on_gpu() ? 2e-2 : 1e-4)
          << "slot " << slot << ", row " << row;
      worst = std::max<double>(worst, std::abs(rows.values[row] - expected));
    }
  }
  RecordProperty("largest_difference", std::to_string(worst));
}

TEST(Runner, SlotAndFullHeadsMayBeWantedTogether) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  const std::vector<Token> prompt = prompt_of(0);
  auto runner =
      Runner::create(voice.model, *voice.devices, {.cache = {.num_lanes = 2, .lane_rows = 256}});
  Logits slot_alone;
  Logits slot;
  Logits full;
  ASSERT_TRUE(read(*runner, prompt, {.slot = 0}, slot_alone));
  runner->empty_lane(0);
  ASSERT_TRUE(read(*runner, std::span(prompt).first(prompt.size() - 1), {.head = OutputHead::kNone},
                   slot, 0));
  ASSERT_TRUE(read(*runner, std::span(prompt).first(prompt.size() - 1), {.head = OutputHead::kNone},
                   slot, 1));
  const auto last = std::span(prompt).last(1);
  const Reading readings[] = {
      {.lane = 0, .tokens = last, .wanted = {.slot = 0}, .logits = &slot},
      {.lane = 1, .tokens = last, .wanted = {.head = OutputHead::kFull}, .logits = &full}};
  ASSERT_TRUE(runner->step(readings).has_value());
  EXPECT_LT(largest_difference({slot_alone}, {slot}), on_gpu() ? 0.05 : 1e-3);
  EXPECT_EQ(full.values.size(), static_cast<size_t>(voice.model->config().vocabulary_size));
  EXPECT_EQ(most_likely(full), most_likely(slot));
}

TEST(Runner, SaysWhatIsWrong) {
  const Loaded voice = load("small.gguf");
  ASSERT_NE(voice.model, nullptr);
  EXPECT_EQ(Runner::create(voice.model, *voice.devices, one_lane(1 << 20)).error().kind,
            ErrorKind::kLimit);
  auto runner = Runner::create(voice.model, *voice.devices,
                               {.cache = {.num_lanes = 2, .lane_rows = 256}, .max_chunk = 200});
  ASSERT_TRUE(runner.has_value());
  Logits logits;
  EXPECT_EQ(runner->step({}).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(read(*runner, std::vector<Token>{-1}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(read(*runner, std::vector<Token>{156940}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(read(*runner, std::vector<Token>{}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(read(*runner, std::vector<Token>(201, 1), {}, logits).error().kind, ErrorKind::kUsage);
  const std::vector<Token> two = {1, 2};
  const Reading chunks[] = {{.lane = 0, .tokens = two, .logits = &logits},
                            {.lane = 1, .tokens = two, .logits = &logits}};
  EXPECT_EQ(runner->step(chunks).error().kind, ErrorKind::kUsage);
  const Wanted nothing{.head = OutputHead::kNone};
  EXPECT_TRUE(read(*runner, std::vector<Token>(200, 1), nothing, logits).has_value());
  EXPECT_EQ(read(*runner, std::vector<Token>(57, 1), nothing, logits).error().kind,
            ErrorKind::kLimit);
  EXPECT_TRUE(read(*runner, std::vector<Token>(56, 1), nothing, logits).has_value());
  EXPECT_EQ(read(*runner, std::vector<Token>{1}, {}, logits).error().kind, ErrorKind::kLimit);
}

TEST(Runner, AStepOfManyRowsIsPaddedByAThirdAtMost) {
  EXPECT_EQ(Runner::bucket_of_rows(1), 1);
  int last = 1;
  for (int rows = 1; rows <= 512; ++rows) {
    const int bucket = Runner::bucket_of_rows(rows);
    EXPECT_GE(bucket, rows);
    EXPECT_LE(bucket, rows + rows / 2);
    EXPECT_GE(bucket, last);
    EXPECT_EQ(Runner::bucket_of_rows(bucket), bucket);
    last = bucket;
  }
}

}  // namespace
}  // namespace orpheus::llama
