#pragma once
// Speeches of a runner: golden ones, which llama.cpp made with the same weights
// (tests/data/lm-small), and sequences in company. tools/make-golden-voice.py writes the weights.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lm/llama/runner.h"

namespace orpheus::llama {

using prompt::Token;

inline const std::string kGoldenFolder = ORPHEUS_TEST_DATA "/lm-small/";
inline const std::string kVoiceFolder = ORPHEUS_TEST_DEPS "/golden-voice/";

inline nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(kGoldenFolder + name));
}

// Devices as ORPHEUS_TEST_DEVICE names them, or the CPU: the same tests run on a GPU back end, and
// on a GPU and a CPU together ("Vulkan0+CPU").
inline std::string tested_devices() {
  const char* name = std::getenv("ORPHEUS_TEST_DEVICE");
  return name != nullptr ? name : "CPU";
}

// A GPU back end may add float16 products up in float16, and rounds otherwise. The bounds are two
// to three times what ggml 0.27 gave on Mesa's software Vulkan device: log-probabilities 0.042 off,
// where llama.cpp itself is 0.023 off its own answer of a CPU.
inline bool on_gpu() { return std::getenv("ORPHEUS_TEST_DEVICE") != nullptr; }
inline double log_probability_tolerance() { return on_gpu() ? 0.1 : 0.02; }
// The allowed gap between the likeliest logit and the expected token's: both may be inexact.
inline double likeliest_tolerance() { return on_gpu() ? 2 * log_probability_tolerance() : 0; }

struct Loaded {
  std::optional<tensor::DeviceChain> devices;
  std::shared_ptr<const Model> model;
};

inline Loaded load(const std::string& name, const std::string& devices = tested_devices()) {
  Loaded loaded;
  auto chain = tensor::DeviceChain::open({.name = devices, .num_threads = 1});
  EXPECT_TRUE(chain.has_value()) << chain.error().message();
  if (!chain) return loaded;
  loaded.devices.emplace(std::move(*chain));
  auto model = Model::load(kVoiceFolder + name, *loaded.devices);
  EXPECT_TRUE(model.has_value()) << model.error().message()
                                 << " (tools/make-golden-voice.py makes it)";
  if (model) loaded.model = *model;
  return loaded;
}

inline std::vector<double> log_probabilities(const std::vector<float>& logits) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - highest - std::log(sum));
  return result;
}

inline Token most_likely(const Logits& logits) {
  const auto best = std::max_element(logits.values.begin(), logits.values.end());
  return logits.id_of(static_cast<size_t>(best - logits.values.begin()));
}

// Slot of the next token: counted from the last start of speech.
inline int next_slot(const std::vector<Token>& tokens) {
  const auto start = std::find(tokens.rbegin(), tokens.rend(), Token{128257});
  return static_cast<int>(std::distance(tokens.rbegin(), start)) % prompt::kSlotsPerFrame;
}

inline RunnerOptions one_lane(int rows, int max_chunk = 256, bool flash_attention = true) {
  return {.cache = {.num_lanes = 1, .lane_rows = rows},
          .max_chunk = max_chunk,
          .flash_attention = flash_attention};
}

inline Result<void> read(Runner& runner, std::span<const Token> tokens, const Wanted& wanted,
                         Logits& logits, int lane = 0) {
  const Reading reading{.lane = lane, .tokens = tokens, .wanted = wanted, .logits = &logits};
  return runner.step({&reading, 1});
}

using Choose = std::function<Token(const Logits&, size_t step)>;

// The tokens chosen behind a prompt, each a part of the context of the next.
inline std::vector<Token> speak(const Loaded& voice, std::vector<Token> tokens, OutputHead head,
                                size_t num_tokens, const RunnerOptions& options,
                                const Choose& choose) {
  auto runner = Runner::create(voice.model, *voice.devices, options);
  EXPECT_TRUE(runner.has_value());
  std::vector<Token> chosen;
  Logits logits;
  const auto chunk = static_cast<size_t>(options.max_chunk);
  std::span<const Token> rest(tokens);
  for (; rest.size() > chunk; rest = rest.subspan(chunk)) {
    EXPECT_TRUE(read(*runner, rest.first(chunk), {.head = OutputHead::kNone}, logits).has_value());
  }
  std::vector<Token> unread(rest.begin(), rest.end());
  while (chosen.size() < num_tokens) {
    const auto done = read(*runner, unread, {.head = head, .slot = next_slot(tokens)}, logits);
    EXPECT_TRUE(done.has_value()) << done.error().message();
    const Token token = choose(logits, chosen.size());
    chosen.push_back(token);
    tokens.push_back(token);
    unread = {token};
  }
  return chosen;
}

inline std::vector<Token> speak_greedily(const Loaded& voice, const std::vector<Token>& prompt,
                                         OutputHead head, size_t num_tokens,
                                         const RunnerOptions& options) {
  return speak(voice, prompt, head, num_tokens, options,
               [](const Logits& logits, size_t) { return most_likely(logits); });
}

// The gap between the likeliest logit and the token's.
inline double below_likeliest(const Logits& logits, Token token) {
  const size_t row = logits.last_id == token ? logits.values.size() - 1
                                             : static_cast<size_t>(token - logits.first_id);
  return *std::max_element(logits.values.begin(), logits.values.end()) - logits.values.at(row);
}

inline std::vector<Token> prompt_of(int sequence) {
  std::vector<Token> prompt = {128259, 128000};
  for (int i = 0; i < 5 + 7 * (sequence % 6); ++i) prompt.push_back((i * 37 + sequence * 11) % 256);
  prompt.insert(prompt.end(), {128009, 128260, 128261, 128257});
  return prompt;
}

// Logits of every step of sequence `which`. Its tokens do not depend on the other sequences. One
// other sequence joins per step, and the first of them leaves again.
inline std::vector<Logits> speak_among(const Loaded& voice, int which, int num_others,
                                       CachePlan plan, Shapes shapes) {
  auto runner = Runner::create(voice.model, *voice.devices,
                               {.cache = plan, .max_chunk = 16, .shapes = shapes});
  EXPECT_TRUE(runner.has_value());
  const auto token_of = [](int sequence, int step) {
    return Token{128266 + 4096 * (step % 7) + (sequence * 131 + step * 17) % 4096};
  };
  const auto read_prompt = [&](int sequence, int lane, Logits& logits) {
    runner->empty_lane(lane);
    const std::vector<Token> prompt = prompt_of(sequence);
    std::span<const Token> rest(prompt);
    for (; rest.size() > 16; rest = rest.subspan(16))
      EXPECT_TRUE(read(*runner, rest.first(16), {.head = OutputHead::kNone}, logits, lane));
    EXPECT_TRUE(read(*runner, rest, {.slot = 0}, logits, lane));
  };
  std::vector<Logits> steps;
  std::vector<Logits> others(static_cast<size_t>(num_others) + 1);
  const int lane = num_others / 2;  // in the middle of the others
  const auto lane_of = [&](int other) { return other < lane ? other : other + 1; };
  read_prompt(which, lane, steps.emplace_back());
  for (int step = 0; step < 12; ++step) {
    std::vector<Token> tokens(static_cast<size_t>(num_others) + 1);
    std::vector<Reading> readings;
    Logits logits;
    const auto add = [&](int sequence, int in_lane, Logits& to) {
      Token& token = tokens[readings.size()];
      token = token_of(sequence, step);
      readings.push_back({.lane = in_lane,
                          .tokens = {&token, 1},
                          .wanted = {.slot = (step + sequence) % 7},
                          .logits = &to});
    };
    if (step < num_others) read_prompt(100 + step, lane_of(step), others.back());
    const int left = step > 8 ? 1 : 0;
    for (int other = left; other < std::min(step + 1, num_others); ++other)
      add(100 + other, lane_of(other), others[static_cast<size_t>(other)]);
    readings.reserve(readings.size() + 1);
    add(which, lane, logits);
    EXPECT_TRUE(runner->step(readings).has_value());
    steps.push_back(std::move(logits));
  }
  return steps;
}

inline double largest_difference(const std::vector<Logits>& left,
                                 const std::vector<Logits>& right) {
  double worst = 0;
  for (size_t step = 0; step < left.size(); ++step) {
    const auto l = log_probabilities(left[step].values);
    const auto r = log_probabilities(right[step].values);
    EXPECT_EQ(l.size(), r.size());
    for (size_t row = 0; row < l.size(); ++row) worst = std::max(worst, std::abs(l[row] - r[row]));
  }
  return worst;
}

}  // namespace orpheus::llama
