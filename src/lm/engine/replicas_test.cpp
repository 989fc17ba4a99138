#include "lm/engine/replicas.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus::engine {
namespace {

const std::string kVoice = ORPHEUS_TEST_DEPS "/golden-voice/small-slots.gguf";

// Two devices of the CPU over one copy of the weights.
class ReplicasTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::unique_ptr<Engine>> engines;
    std::shared_ptr<const llama::Model> model;
    for (Engine*& engine : engines_) {
      auto devices = tensor::DeviceChain::open({.name = "CPU", .num_threads = 1});
      ASSERT_TRUE(devices.has_value());
      if (!model) model = *llama::Model::load(kVoice, *devices);
      auto started = Engine::start(model, std::move(*devices),
                                   {.max_sequences = 1, .max_waiting = 1, .max_undelivered = 2});
      ASSERT_TRUE(started.has_value());
      engine = started->get();
      engines.push_back(std::move(*started));
    }
    replicas_ = std::make_unique<Replicas>(std::move(engines));
  }

  static lm::GenerateRequest request(uint64_t seed) {
    lm::GenerateRequest request;
    request.prompt = {128259, 128000, 65, 128009, 128260, 128261, 128257};
    request.sampling.seed = seed;
    request.max_tokens = 70;
    return request;
  }

  Engine* engines_[2] = {};
  std::unique_ptr<Replicas> replicas_;
};

TEST_F(ReplicasTest, TheLeastLoadedIsNext) {
  // A client that does not read still counts as load.
  const auto first = replicas_->generate(request(1));
  EXPECT_EQ(engines_[0]->load(), 1U);
  EXPECT_EQ(engines_[1]->load(), 0U);
  const auto second = replicas_->generate(request(2));
  EXPECT_EQ(engines_[0]->load(), 1U);
  EXPECT_EQ(engines_[1]->load(), 1U);
}

TEST_F(ReplicasTest, TheSameSeedGivesTheSameTokensOnEither) {
  const auto first = replicas_->generate(request(1));
  const auto second = replicas_->generate(request(1));
  ASSERT_TRUE(first.has_value() && second.has_value());
  for (int i = 0; i < 70; ++i) {
    const auto left = (*first)->next();
    const auto right = (*second)->next();
    ASSERT_TRUE(left.has_value() && left->has_value() && right.has_value() && right->has_value());
    EXPECT_EQ((*left)->id, (*right)->id);
  }
}

TEST_F(ReplicasTest, ARequestIsRefusedWhenNobodyHasRoom) {
  std::vector<std::unique_ptr<lm::TokenStream>> streams;
  size_t taken = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    auto stream = replicas_->generate(request(seed));
    if (!stream) {
      EXPECT_EQ(stream.error().kind, ErrorKind::kLimit);
      break;
    }
    ++taken;
    streams.push_back(std::move(*stream));
  }
  EXPECT_GE(taken, 2U);
  EXPECT_LE(taken, 4U);
  lm::GenerateRequest wrong = request(1);
  wrong.prompt.clear();
  EXPECT_EQ(replicas_->generate(wrong).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace orpheus::engine
