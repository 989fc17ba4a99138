#pragma once
// An engine with a small voice, and readers of its streams that do not wait for ever.

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lm/engine/engine.h"

namespace orpheus::engine {

using lm::GenerateRequest;
using lm::Token;

// A voice whose likeliest token always fits its slot (tools/make-golden-voice.py).
inline const std::string kVoice = ORPHEUS_TEST_DEPS "/golden-voice/small-slots.gguf";

class EngineTest : public testing::Test {
 protected:
  void start(const Options& options, const std::string& devices = "CPU") {
    auto chain = tensor::DeviceChain::open({.name = devices, .num_threads = 1});
    ASSERT_TRUE(chain.has_value());
    auto model = llama::Model::load(kVoice, *chain);
    ASSERT_TRUE(model.has_value()) << model.error().message();
    auto engine = Engine::start(*model, std::move(*chain), options);
    ASSERT_TRUE(engine.has_value()) << engine.error().message();
    engine_ = std::move(*engine);
  }

  static GenerateRequest request(uint64_t seed, int max_tokens = 40) {
    GenerateRequest request;
    request.prompt = {128259, 128000, static_cast<Token>(65 + seed % 26), 128009, 128260,
                      128261, 128257};
    request.sampling.seed = seed;
    request.max_tokens = max_tokens;
    return request;
  }

  // Waits until the condition holds, for a minute at most: a stuck engine fails the test.
  template <typename Condition>
  static bool soon(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return true;
  }

  static std::vector<Token> read_all(lm::TokenStream& stream) {
    std::vector<Token> tokens;
    while (true) {
      if (!soon([&] { return stream.ready(); })) {
        ADD_FAILURE() << "no token and no end behind " << tokens.size();
        return tokens;
      }
      auto token = stream.next();
      EXPECT_TRUE(token.has_value()) << token.error().message();
      if (!token || !*token) return tokens;
      tokens.push_back((*token)->id);
    }
  }

  std::vector<Token> speak(GenerateRequest request) {
    auto stream = engine_->generate(std::move(request));
    EXPECT_TRUE(stream.has_value()) << stream.error().message();
    return stream ? read_all(**stream) : std::vector<Token>();
  }

  // No step is made for a while.
  bool rests() const {
    return soon([&] {
      const uint64_t before = engine_->num_steps();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return engine_->num_steps() == before;
    });
  }

  std::unique_ptr<Engine> engine_;
};

}  // namespace orpheus::engine
