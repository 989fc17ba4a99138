#include "lm/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/no_more_threads.h"
#include "base/testing/sanitized.h"
#include "lm/engine/testing/engine_fixture.h"

namespace orpheus::engine {
namespace {

TEST_F(EngineTest, EveryTokenFitsItsSlot) {
  start({});
  const auto tokens = speak(request(5, 70));
  ASSERT_EQ(tokens.size(), 70U);
  const prompt::TokenLayout layout;
  for (size_t i = 0; i < tokens.size(); ++i)
    EXPECT_TRUE(layout.fits_slot(tokens[i], static_cast<int>(i % 7)));
}

TEST_F(EngineTest, WithStopIgnoredEveryFrameIsWhole) {
  start({});
  GenerateRequest endless = request(3, 140);
  endless.ignore_stop = true;
  endless.sampling.temperature = 10;  // end of speech would be chosen as soon as anything else
  endless.sampling.top_p = 1;
  const auto tokens = speak(endless);
  ASSERT_EQ(tokens.size(), 140U);
  const prompt::TokenLayout layout;
  for (size_t i = 0; i < tokens.size(); ++i)
    EXPECT_TRUE(layout.fits_slot(tokens[i], static_cast<int>(i % 7)));
}

TEST_F(EngineTest, TheSameSeedGivesTheSameTokensInAnyCompany) {
  start({.max_sequences = 3});
  const auto alone = speak(request(1));
  EXPECT_EQ(speak(request(1)), alone);
  EXPECT_NE(speak(request(2)), alone);
  std::vector<std::future<std::vector<Token>>> company;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    company.push_back(
        std::async(std::launch::async, [this, seed] { return speak(request(seed)); }));
  }
  EXPECT_EQ(company[1].get(), alone);
}

TEST_F(EngineTest, ReproducibleIsTheSameInAnyCompanyToTheLastBit) {
  start({.max_sequences = 4, .reproducible = true});
  GenerateRequest ours = request(1, 30);
  ours.num_top = 3;
  const auto logprobs = [&] {
    auto stream = engine_->generate(ours);
    std::vector<float> found;
    for (int i = 0; i < 30; ++i) {
      const auto token = (*stream)->next();
      for (const auto& top : (*token)->top) found.push_back(top.logprob);
    }
    return found;
  };
  const auto alone = logprobs();
  std::vector<std::future<std::vector<Token>>> company;
  for (uint64_t seed = 2; seed < 8; ++seed) {
    company.push_back(
        std::async(std::launch::async, [this, seed] { return speak(request(seed)); }));
  }
  EXPECT_EQ(logprobs(), alone);
}

TEST_F(EngineTest, ALeavingListenerChangesNothingForTheOthers) {
  start({.max_sequences = 3});
  const auto alone = speak(request(1, 60));
  auto first = engine_->generate(request(2, 8000));
  auto second = engine_->generate(request(3, 8000));
  auto ours = std::async(std::launch::async, [this] { return speak(request(1, 60)); });
  EXPECT_TRUE((*first)->next().has_value());
  first->reset();
  EXPECT_TRUE((*second)->next().has_value());
  second->reset();
  EXPECT_EQ(ours.get(), alone);
}

TEST_F(EngineTest, MorePromptThanAChunkIsReadInChunks) {
  GenerateRequest long_prompt = request(1);
  long_prompt.sampling.temperature = 0;  // chunks round differently, which a draw would show
  long_prompt.prompt.insert(long_prompt.prompt.begin() + 2, 100, Token{66});
  start({.prompt_chunk = 256});
  const auto whole = speak(long_prompt);
  start({.prompt_chunk = 16});
  EXPECT_EQ(speak(long_prompt), whole);
}

TEST_F(EngineTest, CancellingEndsTheStream) {
  start({.max_sequences = 1});
  GenerateRequest endless = request(1, 8000);
  const CancelToken cancel = endless.cancel;
  auto stream = engine_->generate(std::move(endless));
  ASSERT_TRUE(stream.has_value());
  ASSERT_TRUE((*stream)->next().has_value());
  GenerateRequest waiting = request(2);
  waiting.cancel.cancel();
  auto waiting_stream = engine_->generate(std::move(waiting));
  EXPECT_EQ((*waiting_stream)->next().error().kind, ErrorKind::kCancelled);
  cancel.cancel();
  while (true) {
    const auto token = (*stream)->next();
    if (token) continue;
    EXPECT_EQ(token.error().kind, ErrorKind::kCancelled);
    break;
  }
}

// The step in hand may end, and one that was decided on already be made; no other follows.
TEST_F(EngineTest, CancellingFreesTheSequenceWithinOneStep) {
  start({.max_sequences = 2});
  for (const bool by_leaving : {false, true}) {
    GenerateRequest endless = request(1, 8000);
    const CancelToken cancel = endless.cancel;
    auto stream = engine_->generate(std::move(endless));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE((*stream)->next().has_value());
    by_leaving ? stream->reset() : cancel.cancel();
    const uint64_t before = engine_->num_steps();
    ASSERT_TRUE(soon([&] { return engine_->load() == 0; }));
    EXPECT_LE(engine_->num_steps(), before + 1);
  }
}

// The tokens of a step are handed out before the step is counted.
TEST_F(EngineTest, CountsWhatItsThreadTakesOutsideTheNetwork) {
  start({.max_sequences = 2});
  EXPECT_EQ(engine_->overhead().num_tokens, 0U);
  GenerateRequest wanted = request(1, 20);
  wanted.ignore_stop = true;
  auto stream = engine_->generate(wanted);
  ASSERT_TRUE(stream.has_value());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE((*stream)->next()->has_value());
  ASSERT_TRUE(soon([&] { return engine_->overhead().num_tokens >= 20; }));
  EXPECT_EQ(engine_->overhead().num_tokens, 20U);
  EXPECT_GT(engine_->overhead().cpu_seconds, 0);
}

// Memory of the process that no file backs: pages of the mapped weights come as they are first
// used.
size_t own_kibibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t value = 0;
    if (word == "RssAnon:" && status >> value) return value;
  }
  return 0;
}

// One request at a time with a prompt of two tokens, so every shape soon occurs; growth after that
// is a leak. bench/no_growth.py measures many requests and all shapes.
TEST_F(EngineTest, StepsTakeNoMemory) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers keep what was freed";
  start({.max_sequences = 1, .context_tokens = 256});
  const auto speak_and_leave = [&](uint64_t seed) {
    GenerateRequest wanted = request(seed, 30);
    wanted.prompt = {128261, 128257};
    wanted.ignore_stop = true;
    auto leaves = engine_->generate(wanted);
    EXPECT_TRUE((*leaves)->next().has_value());
    leaves->reset();
    EXPECT_EQ(speak(wanted).size(), 30U);
  };
  for (uint64_t seed = 0; seed < 10; ++seed) speak_and_leave(seed);
  const size_t before = own_kibibytes();
  for (uint64_t seed = 0; seed < 25; ++seed) speak_and_leave(seed);
  EXPECT_LE(own_kibibytes(), before + 512);
}

TEST_F(EngineTest, DroppingAStreamFreesItsPlace) {
  start({.max_sequences = 1});
  { ASSERT_TRUE(engine_->generate(request(1, 8000)).has_value()); }
  EXPECT_EQ(speak(request(2, 14)).size(), 14U);
}

// Guards against: the process ends when the engine's thread runs out of memory.
TEST_F(EngineTest, WhatIsThrownInItsThreadEndsTheSpeechesOfThatMomentAlone) {
  start({.max_sequences = 2});
  const auto alone = speak(request(3));
  auto other = engine_->generate(request(1, 8000));
  ASSERT_TRUE(other.has_value() && (*other)->next().has_value());
  std::atomic<bool> thrown{false};
  GenerateRequest fails = request(2, 8000);
  fails.ignore_stop = true;
  fails.wake = [&] {
    if (!thrown.exchange(true)) throw std::bad_alloc();
  };
  auto failed = engine_->generate(fails);
  ASSERT_TRUE(failed.has_value());
  for (lm::TokenStream* stream : {failed->get(), other->get()}) {
    auto token = stream->next();
    while (token && *token) token = stream->next();
    ASSERT_FALSE(token.has_value());
    EXPECT_EQ(token.error().kind, ErrorKind::kLimit);
    EXPECT_EQ(token.error().message(), "out of memory");
  }
  EXPECT_EQ(engine_->load(), 0U);
  EXPECT_EQ(speak(request(3)), alone);
}

// Guards against: the process ends with "terminate called" when a thread cannot be started.
TEST_F(EngineTest, WithoutAThreadItDoesNotStart) {
  auto chain = tensor::DeviceChain::open({.name = "CPU", .num_threads = 1});
  ASSERT_TRUE(chain.has_value());
  auto model = llama::Model::load(kVoice, *chain);
  ASSERT_TRUE(model.has_value()) << model.error().message();
  const NoMoreThreads none;
  if (!none.works()) GTEST_SKIP() << "this C library cannot be told";
  const auto engine = Engine::start(*model, std::move(*chain), {});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().kind, ErrorKind::kLimit);
}

// Sequences join, leave, and are cancelled over a model in parts, in chunks of their prompts.
TEST_F(EngineTest, AModelOnSeveralDevicesSpeaksAsOnOne) {
  const Options options{.max_sequences = 3, .prompt_chunk = 4};
  start(options);
  const size_t cache_bytes_of_lane = engine_->capacity().cache_bytes / 3;
  std::vector<std::vector<Token>> alone;
  for (uint64_t seed = 0; seed < 5; ++seed) alone.push_back(speak(request(seed)));
  for (const char* devices : {"CPU+CPU", "CPU+CPU+CPU"}) {
    start(options, devices);
    EXPECT_NEAR(static_cast<double>(engine_->capacity().cache_bytes) / 3,
                static_cast<double>(cache_bytes_of_lane), 4096.0);
    auto leaves = engine_->generate(request(11, 8000));
    GenerateRequest endless = request(12, 8000);
    const CancelToken cancel = endless.cancel;
    auto cancelled = engine_->generate(std::move(endless));
    EXPECT_TRUE((*leaves)->next().has_value());
    EXPECT_TRUE((*cancelled)->next().has_value());
    std::vector<std::future<std::vector<Token>>> company;
    for (uint64_t seed = 0; seed < 5; ++seed) {
      company.push_back(
          std::async(std::launch::async, [this, seed] { return speak(request(seed)); }));
    }
    EXPECT_EQ(company[0].get(), alone[0]) << devices;
    leaves->reset();
    cancel.cancel();
    for (size_t seed = 1; seed < 5; ++seed) EXPECT_EQ(company[seed].get(), alone[seed]) << devices;
  }
}

TEST_F(EngineTest, WakesWhoeverWaitsForAFrameAndForTheEnd) {
  start({.max_sequences = 1});
  std::atomic<int> num_wakes{0};
  GenerateRequest wanted = request(1, 70);
  wanted.ignore_stop = true;
  wanted.wake = [&] { ++num_wakes; };
  EXPECT_EQ(speak(wanted).size(), 70U);
  EXPECT_TRUE(soon([&] { return num_wakes >= 10; }));
  EXPECT_EQ(num_wakes, 10);  // nine frames, and the end with the last
}

TEST_F(EngineTest, RefusesWhatItCannotDo) {
  start({.max_sequences = 1, .max_waiting = 1, .context_tokens = 64});
  GenerateRequest bad = request(1);
  bad.prompt.clear();
  EXPECT_EQ(engine_->generate(bad).error().kind, ErrorKind::kUsage);
  bad = request(1);
  bad.prompt.push_back(156940);
  EXPECT_EQ(engine_->generate(bad).error().kind, ErrorKind::kUsage);
  bad = request(1);
  bad.prompt.insert(bad.prompt.end(), 100, 65);
  EXPECT_EQ(engine_->generate(bad).error().kind, ErrorKind::kLimit);
  bad = request(1);
  bad.sampling.temperature = -1;
  EXPECT_EQ(engine_->generate(bad).error().kind, ErrorKind::kUsage);
  bad = request(1);
  bad.max_tokens = 0;
  EXPECT_EQ(engine_->generate(bad).error().kind, ErrorKind::kUsage);
  // Behind the prompt there must be room for a token.
  GenerateRequest full = request(1);
  full.prompt.insert(full.prompt.begin() + 2, 64 - full.prompt.size(), 65);
  EXPECT_EQ(engine_->generate(full).error().kind, ErrorKind::kLimit);
  full.prompt.erase(full.prompt.begin() + 2);
  full.ignore_stop = true;
  EXPECT_EQ(speak(full).size(), 1U);
  EXPECT_EQ(speak(request(1, 1000)).size(), 64U - 7U);  // as far as the context reaches
}

TEST_F(EngineTest, EndingTheEngineEndsItsStreams) {
  start({.max_sequences = 1});
  auto running = engine_->generate(request(1, 8000));
  auto waiting = engine_->generate(request(2, 8000));
  ASSERT_TRUE((*running)->next().has_value());
  engine_.reset();
  EXPECT_EQ((*waiting)->next().error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace orpheus::engine
