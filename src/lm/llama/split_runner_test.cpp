// A model whose layers are divided among several devices.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lm/llama/runner.h"
#include "lm/llama/testing/runner_speech.h"

namespace orpheus::llama {
namespace {

constexpr const char* kSplits[] = {"CPU+CPU", "CPU+CPU+CPU", "CPU+CPU+CPU+CPU"};

// The logits of every step of each golden speech, one after the other: the slot's, and at the first
// step of each the whole vocabulary's.
std::vector<std::vector<float>> golden_logits(const std::string& devices) {
  const Loaded voice = load("small-slots.gguf", devices);
  std::vector<std::vector<float>> said;
  for (const auto& row : golden("greedy-slots.json")) {
    const auto prompt = row["prompt"].get<std::vector<Token>>();
    const auto expected = row["greedy"].get<std::vector<Token>>();
    const auto choose = [&](const Logits& logits, size_t step) {
      EXPECT_EQ(most_likely(logits), expected[step]) << devices << ", step " << step;
      said.push_back(logits.values);
      return expected[step];
    };
    speak(voice, prompt, OutputHead::kFull, 1, one_lane(512, 32), choose);
    speak(voice, prompt, OutputHead::kSlot, expected.size(), one_lane(512, 32), choose);
  }
  return said;
}

TEST(SplitRunner, GoldenSpeechesAreThoseOfOneDeviceToTheBit) {
  const auto whole = golden_logits("CPU");
  for (const char* devices : kSplits) EXPECT_EQ(golden_logits(devices), whole) << devices;
}

// Chunked prompts, and sequences that join and leave, give the same logits as on one device.
TEST(SplitRunner, CompanyIsServedAsOnOneDeviceToTheBit) {
  const CachePlan plan{.num_lanes = 6, .lane_rows = 256};
  const Loaded whole = load("small-slots.gguf", "CPU");
  for (const Shapes shapes : {Shapes::kSmallest, Shapes::kFixed}) {
    const auto expected = speak_among(whole, 3, 5, plan, shapes);
    for (const char* devices : kSplits) {
      const auto found = speak_among(load("small-slots.gguf", devices), 3, 5, plan, shapes);
      ASSERT_EQ(found.size(), expected.size());
      for (size_t step = 0; step < expected.size(); ++step)
        EXPECT_EQ(found[step].values, expected[step].values) << devices << ", step " << step;
    }
  }
}

TEST(SplitRunner, EachDeviceHoldsItsLayersAlone) {
  const auto bytes_of_cache = [](const Loaded& voice) {
    return Runner::create(voice.model, *voice.devices, one_lane(512))->cache_bytes();
  };
  const Loaded whole = load("small.gguf", "CPU");
  for (const char* devices : kSplits) {
    const Loaded voice = load("small.gguf", devices);
    ASSERT_EQ(voice.model->parts().size(), voice.devices->size());
    int next = 0;
    for (size_t i = 0; i < voice.devices->size(); ++i) {
      EXPECT_EQ(voice.model->parts()[i].first_layer, next);
      next = voice.model->parts()[i].end_layer;
      EXPECT_LT(voice.model->mapped_bytes(i), whole.model->mapped_bytes(0));
    }
    EXPECT_EQ(next, voice.model->config().num_layers);
    EXPECT_LE(voice.model->num_bytes(),
              whole.model->num_bytes() + 1024);  // factors of the rotation
    EXPECT_EQ(bytes_of_cache(voice), bytes_of_cache(whole));
  }
}

TEST(SplitRunner, MoreDevicesThanLayersAreRefused) {
  const auto devices = tensor::DeviceChain::open({.name = "CPU+CPU+CPU+CPU+CPU", .num_threads = 1});
  ASSERT_TRUE(devices.has_value());
  const auto refused = Model::load(kVoiceFolder + "small.gguf", *devices);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(refused.error().expected, "at most 4 devices");
  EXPECT_EQ(refused.error().found, "5");
}

}  // namespace
}  // namespace orpheus::llama
