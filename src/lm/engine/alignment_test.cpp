// The text weights of generated and of forced tokens, and where the alignment heads come from.

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "lm/engine/alignment_file.h"
#include "lm/engine/calibration.h"
#include "lm/engine/engine.h"
#include "tensor/gguf_writer.h"

namespace orpheus::engine {
namespace {

namespace fs = std::filesystem;
using lm::GeneratedToken;
using lm::GenerateRequest;
using lm::Token;

// Random weights, and a voice that learned to speak.
const fs::path kNonsense = ORPHEUS_TEST_DEPS "/golden-voice/small-slots.gguf";
const fs::path kSmall = ORPHEUS_TEST_DEPS "/../voices/small/lm.gguf";

const Alignment kSomeHeads = {.heads = {{0, 1}, {1, 0}, {3, 2}}, .quality = 0.75};

GenerateRequest request_of(uint64_t seed, int max_tokens, int num_rows = 9) {
  GenerateRequest request;
  request.prompt = {128259, 128000};
  for (int i = 0; i < num_rows; ++i)
    request.prompt.push_back(static_cast<Token>(65 + (seed + i) % 26));
  request.prompt.insert(request.prompt.end(), {128009, 128260, 128261, 128257});
  request.text_rows = {.first = 2, .count = num_rows};
  request.sampling.seed = seed;
  request.max_tokens = max_tokens;
  return request;
}

class AlignmentTest : public testing::Test {
 protected:
  // Files beside a model are written into the test's folder: it holds a link to the model.
  std::unique_ptr<Engine> start(const fs::path& file, const Options& options = {},
                                int num_threads = 1) const {
    const fs::path link = folder_.path() / file.filename();
    if (!fs::exists(link)) fs::create_symlink(fs::absolute(file), link);
    auto chain = tensor::DeviceChain::open({.name = "CPU", .num_threads = num_threads}).value();
    const auto model = llama::Model::load(link, chain).value();
    return Engine::start(model, std::move(chain), options).value();
  }

  static std::vector<GeneratedToken> read_all(lm::TokenStream& stream) {
    std::vector<GeneratedToken> tokens;
    while (true) {
      auto token = stream.next();
      EXPECT_TRUE(token.has_value()) << token.error().message();
      if (!token || !*token) return tokens;
      tokens.push_back(std::move(**token));
    }
  }
  static std::vector<GeneratedToken> speak(Engine& engine, GenerateRequest request) {
    auto stream = engine.generate(std::move(request));
    EXPECT_TRUE(stream.has_value()) << stream.error().message();
    return stream ? read_all(**stream) : std::vector<GeneratedToken>();
  }
  static std::vector<Token> ids_of(const std::vector<GeneratedToken>& tokens) {
    std::vector<Token> ids;
    for (const GeneratedToken& token : tokens) ids.push_back(token.id);
    return ids;
  }

  const TestFolder folder_;
};

void expect_near(const std::vector<GeneratedToken>& left, const std::vector<GeneratedToken>& right,
                 float tolerance) {
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(left[i].id, right[i].id) << i;
    ASSERT_EQ(left[i].text_weights.size(), right[i].text_weights.size());
    for (size_t j = 0; j < left[i].text_weights.size(); ++j)
      ASSERT_NEAR(left[i].text_weights[j], right[i].text_weights[j], tolerance) << i;
    ASSERT_NEAR(*left[i].logprob, *right[i].logprob, 10 * tolerance) << i;
  }
}

// Guards against: a speech with word times that sounds otherwise. Seeds are a promise.
TEST_F(AlignmentTest, TheTokensAreTheSameWithAndWithoutWeights) {
  const auto engine = start(kNonsense, {.max_sequences = 3});
  GenerateRequest without = request_of(1, 60);
  without.text_rows.reset();
  const auto plain = speak(*engine, without);
  const auto unknown = speak(*engine, request_of(1, 60));
  engine->use_alignment(kSomeHeads);
  const auto known = speak(*engine, request_of(1, 60));
  EXPECT_EQ(ids_of(plain), ids_of(unknown));
  EXPECT_EQ(ids_of(plain), ids_of(known));
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_TRUE(plain[i].text_weights.empty() && unknown[i].text_weights.empty());
    EXPECT_FALSE(plain[i].logprob.has_value());
    ASSERT_EQ(known[i].text_weights.size(), 9U);
    float sum = 0;
    for (const float weight : known[i].text_weights) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-5);
    ASSERT_TRUE(known[i].logprob.has_value());
  }
}

// Guards against: a proof, whose thresholds are hard limits, that makes a piece again with some
// other requests in progress and not without them.
TEST_F(AlignmentTest, TheWeightsAreTheSameInAnyCompany) {
  std::vector<std::vector<GeneratedToken>> alone;
  for (const int num_threads : {1, 2, 3}) {
    const auto engine = start(kNonsense, {.max_sequences = 5}, num_threads);
    engine->use_alignment(kSomeHeads);
    for (uint64_t seed = 0; seed < 4 && alone.size() < 4; ++seed)
      alone.push_back(speak(*engine, request_of(seed, 40)));
    for (const int num_rows : {9, 70, 200}) {
      std::vector<std::unique_ptr<lm::TokenStream>> streams;
      for (uint64_t seed = 0; seed < 4; ++seed) {
        streams.push_back(engine->generate(request_of(seed, 40)).value());
        GenerateRequest without = request_of(seed + 10, 30);
        without.text_rows.reset();
        streams.push_back(engine->generate(without).value());
        streams.push_back(engine->generate(request_of(seed + 20, 30, num_rows)).value());
      }
      for (size_t seed = 0; seed < 4; ++seed)
        expect_near(read_all(*streams[3 * seed]), alone[seed], 0.0F);
    }
  }
}

TEST_F(AlignmentTest, TheLogarithmIsThatOfTheReportedProbabilities) {
  const auto engine = start(kNonsense);
  GenerateRequest request = request_of(4, 50);
  request.num_top = 4097;
  request.sampling.temperature = 3;
  request.sampling.repetition_penalty = 2;
  for (const GeneratedToken& token : speak(*engine, request)) {
    const auto found =
        std::find_if(token.top.begin(), token.top.end(),
                     [&](const lm::TokenProbability& top) { return top.id == token.id; });
    ASSERT_NE(found, token.top.end());
    EXPECT_NEAR(found->logprob, *token.logprob, 1e-4);
  }
}

// Guards against: a speech that is aligned later gets other words than while it was made.
TEST_F(AlignmentTest, ForcedTokensHaveWhatTheyHadWhenTheyWereMade) {
  for (const bool reproducible : {false, true}) {
    const auto engine = start(kNonsense, {.max_sequences = 2, .reproducible = reproducible});
    engine->use_alignment(kSomeHeads);
    for (const int count : {1, 7, 32, 33, 100}) {
      const auto made = speak(*engine, request_of(7, count));
      ASSERT_EQ(made.size(), static_cast<size_t>(count));
      GenerateRequest again = request_of(8, 1);
      again.prompt = request_of(7, 1).prompt;
      again.forced = ids_of(made);
      const uint64_t steps_before = engine->num_steps();
      expect_near(speak(*engine, again), made, 1e-3F);
      EXPECT_LE(engine->num_steps() - steps_before, static_cast<uint64_t>(count / 4 + 8));
    }
  }
}

TEST_F(AlignmentTest, ForcedTokensMayBeReadBesideSpeeches) {
  const auto engine = start(kNonsense, {.max_sequences = 2});
  engine->use_alignment(kSomeHeads);
  const auto made = speak(*engine, request_of(3, 80));
  GenerateRequest again = request_of(3, 1);
  again.forced = ids_of(made);
  std::vector<std::unique_ptr<lm::TokenStream>> streams;
  for (int i = 0; i < 2; ++i) {
    streams.push_back(engine->generate(request_of(3, 80)).value());
    streams.push_back(engine->generate(again).value());
  }
  for (const auto& stream : streams) expect_near(read_all(*stream), made, 1e-3F);
}

TEST_F(AlignmentTest, WhatCannotBeForcedIsRefusedOrUnlikely) {
  const auto engine = start(kNonsense, {.context_tokens = 256});
  GenerateRequest request = request_of(1, 1);
  request.forced = {128266, 128266};  // the second does not fit its slot
  const auto tokens = speak(*engine, request);
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_TRUE(std::isfinite(*tokens[0].logprob));
  EXPECT_EQ(*tokens[1].logprob, -std::numeric_limits<float>::infinity());
  const auto refusal = [&](const GenerateRequest& wrong) {
    const auto stream = engine->generate(wrong);
    return stream ? ErrorKind::kInternal : stream.error().kind;
  };
  request.forced = {128266, 1 << 20};
  EXPECT_EQ(refusal(request), ErrorKind::kUsage);
  request.forced.assign(256, 128266);
  EXPECT_EQ(refusal(request), ErrorKind::kLimit);
  request.forced.clear();
  for (const lm::PromptRows rows : {lm::PromptRows{-1, 2}, lm::PromptRows{2, 0},
                                    lm::PromptRows{14, 2}, lm::PromptRows{2, 1 << 30}}) {
    request.text_rows = rows;
    EXPECT_EQ(refusal(request), ErrorKind::kUsage) << rows.first << ", " << rows.count;
  }
}

// The small voice was taught to look at the letter that it speaks, and at the next ones. Its file
// names the heads that look at the letter itself.
TEST_F(AlignmentTest, TheHeadsOfATaughtVoiceAreFound) {
  const auto engine = start(kSmall);
  EXPECT_TRUE(engine->known_alignment().is_named);
  EXPECT_EQ(engine->known_alignment().quality, 1);
  EXPECT_EQ(engine->alignment_quality(), 1);
  EXPECT_EQ(engine->num_steps(), 0U);
  const Alignment named = engine->alignment();
  EXPECT_EQ(engine->alignment_heads(), "2.0 3.0");
  const auto found = engine->search_alignment();
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_GT(found->quality, 0.9);
  ASSERT_FALSE(found->heads.empty());
  for (const llama::AttentionHead& head : found->heads)
    EXPECT_NE(std::find(named.heads.begin(), named.heads.end(), head), named.heads.end());
}

// Guards against: the heads are looked for at each start, or those of other weights are used.
TEST_F(AlignmentTest, TheHeadsAreFoundOnceAndKept) {
  const auto first = start(kNonsense);
  EXPECT_EQ(first->alignment().quality, 0);
  const double quality = first->alignment_quality();
  EXPECT_GT(first->num_steps(), 0U);
  EXPECT_EQ(first->alignment_quality(), quality);
  EXPECT_EQ(first->known_alignment().quality, quality);
  const auto second = start(kNonsense);
  EXPECT_EQ(second->alignment_quality(), quality);  // all digits are kept
  EXPECT_EQ(second->known_alignment().quality, quality);
  // A proof by default must not depend on a file that an earlier request wrote.
  EXPECT_FALSE(second->known_alignment().is_named);
  EXPECT_EQ(second->alignment().heads, first->alignment().heads);
  EXPECT_EQ(second->num_steps(), 0U);

  const fs::path kept = folder_.path() / "small-slots.gguf.heads";
  ASSERT_TRUE(fs::exists(kept));
  const auto file = tensor::GgufFile::open(folder_.path() / "small-slots.gguf").value();
  const llama::Config config = llama::read_config(file).value();
  EXPECT_TRUE(kept_alignment(file, config).has_value());
  for (const char* damage :
       {"", "orpheus-heads-1", "orpheus-heads-1 0123 0.9 1 1", "orpheus-heads-0 0123 0.9 1 1\n"}) {
    std::ofstream(kept) << damage;
    EXPECT_FALSE(kept_alignment(file, config).has_value()) << damage;
  }
  for (const char* rest : {"\n2\n0 0\n", "\n0.9\n99 0\n", "\n0.9\n0 x\n", "\nnan\n0 0\n"}) {
    std::ofstream(kept) << "orpheus-heads-1\n" << fingerprint_of(file) << rest;
    EXPECT_FALSE(kept_alignment(file, config).has_value()) << rest;
  }
}

// Guards against: a request waits for the search, or the search keeps the engine from its end.
TEST_F(AlignmentTest, ASearchInTheBackgroundDelaysNobody) {
  auto engine = start(kNonsense);
  EXPECT_EQ(engine->known_alignment().quality, 0);
  EXPECT_TRUE(engine->alignment().heads.empty());
  engine->seek_alignment();
  engine->seek_alignment();
  EXPECT_EQ(speak(*engine, request_of(1, 30)).size(), 30U);
  const double quality = engine->alignment_quality();  // waits for the same search
  const uint64_t num_steps = engine->num_steps();
  engine->seek_alignment();
  EXPECT_EQ(engine->alignment_quality(), quality);
  EXPECT_EQ(engine->num_steps(), num_steps);

  fs::remove(folder_.path() / "small-slots.gguf.heads");
  for (const int wait_ms : {0, 3, 30}) {
    engine = start(kNonsense);
    engine->seek_alignment();
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    engine.reset();  // at any point of the search
    fs::remove(folder_.path() / "small-slots.gguf.heads");
  }
}

class Silent : public lm::TokenStream {
 public:
  Result<std::optional<GeneratedToken>> next() override {
    ADD_FAILURE() << "it would wait forever";
    return std::optional<GeneratedToken>();
  }
  bool ready() const override { return false; }
};

// Guards against: a search that never ends because other requests hold every lane.
TEST_F(AlignmentTest, ASearchEndsInTimeWithoutAToken) {
  const auto engine = start(kNonsense);
  auto chain = tensor::DeviceChain::open({.name = "CPU", .num_threads = 1}).value();
  const auto model = llama::Model::load(kNonsense, chain).value();
  const auto found = find_alignment(
      *model,
      [](const GenerateRequest&, const Heads&) -> Result<std::unique_ptr<lm::TokenStream>> {
        return std::make_unique<Silent>();
      },
      std::chrono::milliseconds(20));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().kind, ErrorKind::kTimedOut);
}

// Guards against: every request waits for a search that fails.
TEST_F(AlignmentTest, ASearchThatFailsIsNotRepeated) {
  const auto engine = start(kNonsense, {.context_tokens = 8});
  EXPECT_EQ(engine->alignment_quality(), 0);
  EXPECT_FALSE(fs::exists(folder_.path() / "small-slots.gguf.heads"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(engine->alignment_quality(), 0);
  engine->seek_alignment();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(AlignmentTest, OfRandomWeightsItIsNotSure) {
  const auto engine = start(kNonsense);
  EXPECT_LT(engine->alignment_quality(), lm::kGoodAlignment / 2);
}

TEST_F(AlignmentTest, AFileMayNameItsHeads) {
  const fs::path path = folder_.path() / "named.gguf";
  const llama::Config config{.num_layers = 4, .num_heads = 3};
  const auto read = [&](const std::vector<uint32_t>& heads, std::optional<float> quality) {
    tensor::GgufWriter writer;
    writer.set_u32s("orpheus.alignment_heads", heads);
    if (quality) writer.set_f32("orpheus.alignment_quality", *quality);
    EXPECT_TRUE(writer.begin(path).has_value());
    EXPECT_TRUE(writer.commit().has_value());
    const auto file = tensor::GgufFile::open(path);
    EXPECT_TRUE(file.has_value());
    return read_alignment(*file, config);
  };
  const auto named = read({4, 11}, 0.5F);
  ASSERT_TRUE(named.has_value() && named->has_value());
  EXPECT_EQ((*named)->heads, (std::vector<llama::AttentionHead>{{1, 1}, {3, 2}}));
  EXPECT_EQ((*named)->quality, 0.5);
  EXPECT_EQ((**read({4}, std::nullopt)).quality, 1);
  for (const auto& [heads, quality] :
       std::vector<std::pair<std::vector<uint32_t>, float>>{{{12}, 1}, {{1}, 1.5F}, {{1}, NAN}}) {
    const auto refused = read(heads, quality);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kBadFile);
  }
}

// Guards against: after a restart a model has no heads or others, so that words have other times.
TEST_F(AlignmentTest, WhatIsKeptBesideAFileIsReadAsItWas) {
  const fs::path path = folder_.path() / "kept.gguf";
  const llama::Config config{.num_layers = 4, .num_heads = 3};
  tensor::GgufWriter writer;
  writer.set_u32s("some.numbers", std::vector<uint32_t>{1});
  ASSERT_TRUE(writer.begin(path).has_value());
  ASSERT_TRUE(writer.commit().has_value());
  const auto file = tensor::GgufFile::open(path).value();
  EXPECT_FALSE(kept_alignment(file, config));
  for (const Alignment& alignment :
       {Alignment{.heads = {{0, 0}, {1, 2}, {3, 2}}, .quality = 1.0 / 3},
        Alignment{.heads = {}, .quality = 0}, Alignment{.heads = {{2, 1}}, .quality = 1}}) {
    ASSERT_TRUE(keep_alignment(file, alignment).has_value());
    const auto kept = kept_alignment(file, config);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->heads, alignment.heads);
    EXPECT_EQ(kept->quality, alignment.quality);
  }
  for (const llama::AttentionHead& other : {llama::AttentionHead{4, 0}, {0, 3}}) {
    ASSERT_TRUE(keep_alignment(file, {.heads = {other}, .quality = 1}).has_value());
    EXPECT_FALSE(kept_alignment(file, config)) << other.layer << " " << other.head;
  }
}

}  // namespace
}  // namespace orpheus::engine
