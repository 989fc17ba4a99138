#include "library/fitted.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "convert/synthetic_voice.h"
#include "hardware/testing/recorded_machines.h"

namespace orpheus::library {
namespace {

using hardware::machine;

class FittedTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("orpheus-fitted-" + std::to_string(::getpid()));
    ASSERT_TRUE(convert::write_synthetic_voice(folder_, {}).has_value());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static Options voice() { return {.model = folder_ / "lm.gguf", .codec = folder_ / "codec.gguf"}; }

  static std::filesystem::path folder_;
};
std::filesystem::path FittedTest::folder_;

// Guards against: a model beyond the memory is loaded, and the system kills the host.
TEST_F(FittedTest, RefusesAVoiceThatTheMemoryDoesNotHold) {
  hardware::Facts facts = machine({}, 1);
  facts.memory.available_bytes = 16 << 20;
  const auto fitted = fit_to_machine(voice(), {}, facts, Spread::kFirstDevice);
  ASSERT_FALSE(fitted.has_value());
  EXPECT_EQ(fitted.error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(fitted.error().remedy.empty());
}

// Guards against: a computed default replaces the user's value, or that value is ignored.
TEST_F(FittedTest, WhatSomebodyChoseIsKeptAndTheMachineDecidesTheRest) {
  const auto facts = machine({hardware::gpu("NVIDIA H100 80GB HBM3", 81'000)});
  const auto open = fit_to_machine(voice(), {}, facts, Spread::kEveryDevice);
  ASSERT_TRUE(open.has_value()) << open.error().message();
  EXPECT_EQ(open->options.device.name, "CUDA0");
  EXPECT_EQ(open->options.engine.max_sequences, 32);
  EXPECT_EQ(open->max_tokens, 8192);
  const auto chosen = fit_to_machine(
      voice(),
      {.max_sequences = 3, .max_tokens = 700, .matrix_precision = tensor::MatrixPrecision::kF32},
      facts, Spread::kEveryDevice);
  ASSERT_TRUE(chosen.has_value()) << chosen.error().message();
  EXPECT_EQ(chosen->options.engine.max_sequences, 3);
  EXPECT_EQ(chosen->max_tokens, 700);
  EXPECT_EQ(chosen->options.device.matrix_precision, tensor::MatrixPrecision::kF32);
  EXPECT_EQ(chosen->plan.replicas.front().num_sequences, 3);
}

// Guards against: a server stays at the number of speeches of its first plan although it may grow,
// or a chosen number grows.
TEST_F(FittedTest, OnlyAServerThatNobodySetMayGrow) {
  const auto facts = machine({hardware::gpu("NVIDIA L40S", 46'000)});
  const auto most = [&](const Choices& choices, Spread spread) {
    const auto fitted = fit_to_machine(voice(), choices, facts, spread);
    EXPECT_TRUE(fitted.has_value());
    return fitted->options.engine.most_sequences;
  };
  const int unchanged = engine::Options().most_sequences;
  EXPECT_EQ(most({}, Spread::kEveryDevice), plan::kMostSequences);
  EXPECT_NE(plan::kMostSequences, unchanged);
  EXPECT_EQ(most({.max_sequences = 3}, Spread::kEveryDevice), unchanged);
  EXPECT_EQ(most({}, Spread::kFirstDevice), unchanged);
}

// Guards against: a context that the user chose becomes a shorter one where memory is short.
TEST_F(FittedTest, AChosenContextIsKeptOrRefused) {
  constexpr int kAsked = 8000;
  int num_kept = 0;
  int num_refused = 0;
  for (uint64_t mib = 8; mib <= 1024; mib += 8) {
    hardware::Facts facts = machine({}, 1);
    facts.memory.available_bytes = mib << 20U;
    const auto fitted =
        fit_to_machine(voice(), {.context_tokens = kAsked}, facts, Spread::kFirstDevice);
    ++(fitted ? num_kept : num_refused);
    if (fitted) {
      EXPECT_EQ(fitted->options.engine.context_tokens, kAsked) << mib;
      EXPECT_GE(fitted->plan.replicas.front().context_tokens, kAsked) << mib;
    }
  }
  EXPECT_GT(num_kept, 0);
  EXPECT_GT(num_refused, 0);
}

// Guards against: `say` loads the voice on every GPU, or a server uses only one of them.
TEST_F(FittedTest, AServerTakesEveryGpuAndOneTextTheFirst) {
  const auto facts = machine({hardware::gpu("NVIDIA L40S", 46'000, "CUDA0"),
                              hardware::gpu("NVIDIA L40S", 46'000, "CUDA1")});
  const auto all = fit_to_machine(voice(), {}, facts, Spread::kEveryDevice);
  const auto first = fit_to_machine(voice(), {}, facts, Spread::kFirstDevice);
  ASSERT_TRUE(all.has_value() && first.has_value());
  EXPECT_EQ(all->plan.replicas.size(), 2U);
  EXPECT_EQ(first->plan.replicas.size(), 1U);
  EXPECT_EQ(first->options.device.name, "CUDA0");
}

// Guards against: the plan gives the codec memory on another device than that which computes it, or
// too little of it.
TEST_F(FittedTest, TheCodecIsWhereItsArithmeticRuns) {
  const auto facts = machine({hardware::gpu("NVIDIA L40S", 46'000, "CUDA0")});
  const auto fitted = [&](snac::Arithmetic arithmetic, const std::string& device) {
    Options options = voice();
    options.decoder.arithmetic = arithmetic;
    options.codec_device = device;
    return fit_to_machine(options, {}, facts, Spread::kFirstDevice);
  };
  EXPECT_EQ(fitted(snac::Arithmetic::kAuto, "")->plan.codec_device, "CUDA0");
  EXPECT_EQ(fitted(snac::Arithmetic::kKernels, "")->plan.codec_device, "CPU");
  EXPECT_LT(fitted(snac::Arithmetic::kAuto, "CPU")->plan.codec_bytes,
            fitted(snac::Arithmetic::kGraph, "CPU")->plan.codec_bytes);
  const auto on_gpu = fitted(snac::Arithmetic::kKernels, "CUDA0");
  ASSERT_FALSE(on_gpu.has_value());
  EXPECT_EQ(on_gpu.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(on_gpu.error().remedy.empty());
}

// Guards against: the program plans memory for a remote model, or does not look for the codec.
TEST_F(FittedTest, ALanguageModelElsewhereNeedsACodecAndNoPlan) {
  Options options = voice();
  options.remote.urls = {"http://127.0.0.1:9"};
  const auto fitted = fit_to_machine(options, {}, machine({}), Spread::kEveryDevice);
  ASSERT_TRUE(fitted.has_value()) << fitted.error().message();
  EXPECT_TRUE(fitted->plan.replicas.empty());
  EXPECT_EQ(fitted->files.model, options.model);
  options.codec.clear();
  const auto without = fit_to_machine(options, {}, machine({}), Spread::kEveryDevice);
  ASSERT_FALSE(without.has_value());
  EXPECT_EQ(without.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace orpheus::library
