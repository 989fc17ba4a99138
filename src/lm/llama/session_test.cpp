// Holds the network against what llama.cpp answered for the same weights (tests/data/lm-small, made
// with float16 weights and without flash attention). The weights are written by
// tools/make-golden-voice.py.

#include "lm/llama/session.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace orpheus::llama {
namespace {

using prompt::Token;

const std::string kGoldenFolder = ORPHEUS_TEST_DATA "/lm-small/";
const std::string kVoiceFolder = ORPHEUS_TEST_DEPS "/golden-voice/";

nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(kGoldenFolder + name));
}

// A device as ORPHEUS_TEST_DEVICE names it, or the CPU: the same tests run on a GPU back end.
std::unique_ptr<tensor::Device> open_device() {
  const char* name = std::getenv("ORPHEUS_TEST_DEVICE");
  auto device = tensor::Device::open({.name = name != nullptr ? name : "CPU", .num_threads = 1});
  EXPECT_TRUE(device.has_value()) << device.error().message();
  return device ? std::move(*device) : nullptr;
}

bool on_gpu() { return std::getenv("ORPHEUS_TEST_DEVICE") != nullptr; }

struct Loaded {
  std::unique_ptr<tensor::Device> device;
  std::shared_ptr<const Model> model;
};

Loaded load(const std::string& name) {
  Loaded loaded{open_device(), nullptr};
  auto model = Model::load(kVoiceFolder + name, *loaded.device);
  EXPECT_TRUE(model.has_value()) << model.error().message()
                                 << " (tools/make-golden-voice.py makes it)";
  if (model) loaded.model = *model;
  return loaded;
}

std::vector<double> log_probabilities(const std::vector<float>& logits) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - highest - std::log(sum));
  return result;
}

Token most_likely(const Logits& logits) {
  const auto best = std::max_element(logits.values.begin(), logits.values.end());
  return logits.id_of(static_cast<size_t>(best - logits.values.begin()));
}

// Slot of the next token: counted from the last start of speech.
int next_slot(const std::vector<Token>& tokens) {
  const auto start = std::find(tokens.rbegin(), tokens.rend(), Token{128257});
  return static_cast<int>(std::distance(tokens.rbegin(), start)) % prompt::kSlotsPerFrame;
}

struct Greedy {
  std::vector<Token> tokens;
  Logits first;
};

Greedy speak_greedily(const Loaded& voice, std::vector<Token> tokens, OutputHead head,
                      size_t num_tokens, const SessionOptions& options) {
  auto session = Session::create(voice.model, *voice.device, options);
  EXPECT_TRUE(session.has_value());
  Greedy greedy;
  Logits logits;
  const auto chunk = static_cast<size_t>(options.prompt_chunk);
  std::span<const Token> rest(tokens);
  for (; rest.size() > chunk; rest = rest.subspan(chunk)) {
    EXPECT_TRUE(session->read(rest.first(chunk), {.head = OutputHead::kNone}, logits).has_value());
  }
  std::vector<Token> unread(rest.begin(), rest.end());
  while (greedy.tokens.size() < num_tokens) {
    const auto read = session->read(unread, {.head = head, .slot = next_slot(tokens)}, logits);
    EXPECT_TRUE(read.has_value()) << read.error().message();
    if (greedy.tokens.empty()) greedy.first = logits;
    const Token token = most_likely(logits);
    greedy.tokens.push_back(token);
    tokens.push_back(token);
    unread = {token};
  }
  return greedy;
}

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
  for (const auto& row : golden(golden_case.answers)) {
    const auto prompt = row["prompt"].get<std::vector<Token>>();
    const auto expected = row["greedy"].get<std::vector<Token>>();
    const Greedy greedy =
        speak_greedily(voice, prompt, golden_case.head, expected.size(),
                       {.capacity_tokens = 512, .flash_attention = golden_case.flash_attention});
    EXPECT_EQ(greedy.tokens, expected);
    if (golden_case.head != OutputHead::kFull) continue;
    const auto logprobs = log_probabilities(greedy.first.values);
    for (const auto& top : row["first_top10"]) {
      const double difference =
          std::abs(logprobs[top["id"].get<size_t>()] - top["logprob"].get<double>());
      EXPECT_LT(difference, 0.02);
      worst = std::max(worst, difference);
    }
  }
  RecordProperty("largest_log_probability_difference", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(
    Session, Golden,
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

TEST(Session, ThePromptMayBeReadInAnyChunks) {
  const Loaded voice = load("small-slots.gguf");
  ASSERT_NE(voice.model, nullptr);
  std::vector<Token> prompt = {128259, 128000};
  for (int i = 0; i < 300; ++i) prompt.push_back(i * 37 % 256);
  prompt.insert(prompt.end(), {128009, 128260, 128261, 128257});
  const auto whole = speak_greedily(voice, prompt, OutputHead::kSlot, 8,
                                    {.capacity_tokens = 400, .prompt_chunk = 400});
  for (const int chunk : {1, 7, 64, 255, 256}) {
    const auto chunked = speak_greedily(voice, prompt, OutputHead::kSlot, 8,
                                        {.capacity_tokens = 400, .prompt_chunk = chunk});
    EXPECT_EQ(chunked.tokens, whole.tokens) << "chunks of " << chunk;
  }
}

TEST(Session, TheSlotHeadGivesTheFullHeadsRows) {
  const Loaded voice = load("small.gguf");
  ASSERT_NE(voice.model, nullptr);
  const std::vector<Token> prompt = {128259, 128000, 116, 128009, 128260, 128261, 128257};
  const auto logits_of = [&](OutputHead head, int slot) {
    auto session = Session::create(voice.model, *voice.device, {.capacity_tokens = 64});
    Logits logits;
    EXPECT_TRUE(session->read(prompt, {.head = head, .slot = slot}, logits).has_value());
    return logits;
  };
  const Logits full = logits_of(OutputHead::kFull, 0);
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) {
    const Logits rows = logits_of(OutputHead::kSlot, slot);
    ASSERT_EQ(rows.values.size(), slot == 0 ? 4097U : 4096U);
    for (size_t row = 0; row < rows.values.size(); ++row) {
      ASSERT_NEAR(rows.values[row], full.values[static_cast<size_t>(rows.id_of(row))],
                  on_gpu() ? 2e-2 : 1e-4)
          << "slot " << slot << ", row " << row;
    }
  }
}

TEST(Session, SaysWhatIsWrong) {
  const Loaded voice = load("small.gguf");
  ASSERT_NE(voice.model, nullptr);
  EXPECT_EQ(Session::create(voice.model, *voice.device, {.capacity_tokens = 1 << 20}).error().kind,
            ErrorKind::kLimit);
  auto session =
      Session::create(voice.model, *voice.device, {.capacity_tokens = 4, .prompt_chunk = 8});
  ASSERT_TRUE(session.has_value());
  Logits logits;
  EXPECT_EQ(session->read(std::vector<Token>{-1}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(session->read(std::vector<Token>{156940}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(session->read(std::vector<Token>{}, {}, logits).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(session->read(std::vector<Token>{1, 2, 3, 4, 5}, {}, logits).error().kind,
            ErrorKind::kLimit);
  EXPECT_TRUE(session->read(std::vector<Token>{1, 2, 3, 4}, {}, logits).has_value());
  EXPECT_EQ(session->read(std::vector<Token>{1}, {}, logits).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace orpheus::llama
