#include "lm/llama/text_weights.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "lm/llama/runner.h"
#include "tensor/attention.h"

namespace orpheus::llama {
namespace {

using prompt::Token;

const std::string kVoice = ORPHEUS_TEST_DEPS "/golden-voice/small-slots.gguf";

bool on_gpu() { return std::getenv("ORPHEUS_TEST_DEVICE") != nullptr; }

struct Loaded {
  std::optional<tensor::DeviceChain> devices;
  std::shared_ptr<const Model> model;

  // The tested devices: ORPHEUS_TEST_DEVICE, or the CPU.
  static Loaded tested() {
    const char* name = std::getenv("ORPHEUS_TEST_DEVICE");
    return on(name != nullptr ? name : "CPU");
  }
  static Loaded on(const std::string& names, const std::string& file = kVoice) {
    Loaded loaded;
    loaded.devices.emplace(tensor::DeviceChain::open({.name = names, .num_threads = 1}).value());
    loaded.model = Model::load(file, *loaded.devices).value();
    return loaded;
  }
  Runner runner(const RunnerOptions& options) const {
    return Runner::create(model, *devices, options).value();
  }
};

std::vector<AttentionHead> every_head(const Config& config) {
  std::vector<AttentionHead> heads;
  for (int layer = 0; layer < config.num_layers; ++layer) {
    for (int head = 0; head < config.num_heads; ++head) heads.push_back({layer, head});
  }
  return heads;
}

// A prompt of 20 rows, whose text is in rows 2 … 13, and some audio tokens.
constexpr int kFirstText = 2;
constexpr int kNumText = 12;
std::vector<Token> tokens_of(int sequence, int num_audio) {
  std::vector<Token> tokens = {128259, 128000};
  for (int i = 0; i < 14; ++i) tokens.push_back((i * 37 + sequence * 11) % 256);
  tokens.insert(tokens.end(), {128009, 128260, 128261, 128257});
  for (int i = 0; i < num_audio; ++i)
    tokens.push_back(128266 + 4096 * (i % 7) + (sequence * 131 + i * 17) % 4096);
  return tokens;
}

struct Answer {
  Logits logits;
  std::vector<float> weights;
};

// Reads the rest of the tokens one by one; the answers to each.
std::vector<Answer> follow(Runner& runner, std::span<const Token> tokens, int lane,
                           std::span<const AttentionHead> heads) {
  std::vector<Answer> answers;
  for (int slot = 0; const Token& token : tokens) {
    Answer& answer = answers.emplace_back();
    const TextQuestion question{.first_row = kFirstText, .num_rows = kNumText, .heads = heads};
    answer.weights.resize(question.num_weights());
    const Reading reading{.lane = lane,
                          .tokens = {&token, 1},
                          .wanted = {.slot = slot++ % 7},
                          .logits = &answer.logits,
                          .question = question,
                          .text_weights = answer.weights.data()};
    EXPECT_TRUE(runner.step({&reading, 1}).has_value());
  }
  return answers;
}

std::vector<float> floats_of(ggml_type type, const void* row, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  if (type == GGML_TYPE_F32) {
    std::copy_n(static_cast<const float*>(row), count, values.begin());
  } else {
    ggml_get_type_traits(type)->to_float(row, values.data(), count);
  }
  return values;
}

// Plain loops over the first layer's weights.
class FirstLayer {
 public:
  explicit FirstLayer(const Model& model) : model_(model), config_(model.config()) {}

  // The rows of `matrix` for one head, times the normed embedding, rotated.
  std::vector<float> turned(const char* matrix, int head, Token token, int position) const {
    const std::vector<float> x = normed(token);
    std::vector<float> values;
    for (int i = 0; i < config_.head_dim; ++i) {
      const auto row = row_of(matrix, head * config_.head_dim + i);
      double sum = 0;
      for (size_t k = 0; k < x.size(); ++k) sum += static_cast<double>(row[k]) * x[k];
      values.push_back(static_cast<float>(sum));
    }
    const bool is_scaled = model_.file().find_tensor("rope_freqs.weight") != nullptr;
    const auto factors = is_scaled ? row_of("rope_freqs.weight", 0) : std::vector<float>();
    for (int i = 0; i + 1 < config_.rope_dims; i += 2) {
      const double factor = is_scaled ? factors[static_cast<size_t>(i) / 2] : 1;
      const double angle =
          position / (std::pow(config_.rope_base, double(i) / config_.rope_dims) * factor);
      const double a = values[static_cast<size_t>(i)];
      const double b = values[static_cast<size_t>(i) + 1];
      values[static_cast<size_t>(i)] =
          static_cast<float>(a * std::cos(angle) - b * std::sin(angle));
      values[static_cast<size_t>(i) + 1] =
          static_cast<float>(a * std::sin(angle) + b * std::cos(angle));
    }
    return values;
  }

  // Of the last token's query.
  std::vector<double> weights(std::span<const Token> tokens, int head) const {
    const auto last = static_cast<int>(tokens.size()) - 1;
    const auto q = turned("blk.0.attn_q.weight", head, tokens.back(), last);
    const int kv_head = head / (config_.num_heads / config_.num_kv_heads);
    std::vector<double> weights;
    double sum = 0;
    for (int row = kFirstText; row < kFirstText + kNumText; ++row) {
      const auto k = turned("blk.0.attn_k.weight", kv_head, tokens[static_cast<size_t>(row)], row);
      double score = 0;
      for (size_t i = 0; i < q.size(); ++i) score += static_cast<double>(q[i]) * k[i];
      weights.push_back(std::exp(score / std::sqrt(config_.head_dim)));
      sum += weights.back();
    }
    for (double& weight : weights) weight /= sum;
    return weights;
  }

 private:
  // A row of a matrix in the file.
  std::vector<float> row_of(const char* matrix, int row) const {
    const tensor::GgufTensor& tensor = *model_.file().find_tensor(matrix);
    const auto type = static_cast<ggml_type>(tensor.type);
    const size_t row_bytes = ggml_row_size(type, tensor.shape[0]);
    return floats_of(type, tensor.data.data() + static_cast<size_t>(row) * row_bytes,
                     tensor.shape[0]);
  }
  std::vector<float> normed(Token token) const {
    std::vector<float> x = row_of("token_embd.weight", token);
    const std::vector<float> norm = row_of("blk.0.attn_norm.weight", 0);
    double squares = 0;
    for (const float value : x) squares += static_cast<double>(value) * value;
    const double scale =
        1 / std::sqrt(squares / static_cast<double>(x.size()) + config_.rms_epsilon);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(x[i] * scale) * norm[i];
    return x;
  }

  const Model& model_;
  const Config& config_;
};

// Guards against: another head's query or keys, rows of the text that are off by one, a missing
// scale or rotation.
TEST(TextWeights, AreTheSoftmaxOfQueriesAndKeysOverTheTextAlone) {
  const Loaded voice = Loaded::tested();
  Runner runner = voice.runner({.cache = {.num_lanes = 2, .lane_rows = 256}});
  const auto heads = every_head(voice.model->config());
  const auto tokens = tokens_of(1, 9);
  const auto answers = follow(runner, tokens, 1, heads);
  const FirstLayer naive(*voice.model);
  double least = 1;
  double most = 0;
  for (size_t count = tokens.size() - 9; count <= tokens.size(); ++count) {
    for (int head = 0; head < voice.model->config().num_heads; ++head) {
      const auto expected = naive.weights(std::span(tokens).first(count), head);
      for (size_t i = 0; i < expected.size(); ++i) {
        const float found = answers[count - 1].weights[static_cast<size_t>(head) * kNumText + i];
        ASSERT_NEAR(found / expected[i], 1, on_gpu() ? 0.05 : 0.02)
            << "head " << head << ", row " << i;
        least = std::min(least, expected[i]);
        most = std::max(most, expected[i]);
      }
    }
  }
  EXPECT_GT(most, 1.5 * least);  // so that a wrong row is seen
}

// Guards against: the question changes the tokens. Seeds are a promise.
TEST(TextWeights, ChangeNoLogit) {
  const Loaded voice = Loaded::tested();
  const auto heads = every_head(voice.model->config());
  const auto tokens = tokens_of(2, 20);
  for (const bool flash : {true, false}) {
    const RunnerOptions options{.cache = {.num_lanes = 1, .lane_rows = 256},
                                .flash_attention = flash};
    Runner asked = voice.runner(options);
    Runner unasked = voice.runner(options);
    const auto with = follow(asked, tokens, 0, heads);
    const auto without = follow(unasked, tokens, 0, {});
    for (size_t i = 0; i < tokens.size(); ++i)
      ASSERT_EQ(with[i].logits.values, without[i].logits.values) << i;
  }
}

// Guards against: an answer that goes to another row, or that depends on the texts of other lanes.
TEST(TextWeights, AreThoseThatASequenceHasAlone) {
  const Loaded voice = Loaded::tested();
  const std::vector<AttentionHead> heads = {{0, 1}, {2, 3}, {2, 0}};
  const RunnerOptions options{.cache = {.num_lanes = 5, .lane_rows = 256}};
  constexpr int kAudio = 6;
  std::vector<std::vector<Answer>> alone;
  for (int sequence = 0; sequence < 4; ++sequence) {
    Runner runner = voice.runner(options);
    alone.push_back(follow(runner, tokens_of(sequence, kAudio), 0, heads));
  }
  Runner runner = voice.runner(options);
  std::vector<std::vector<Token>> tokens;
  const size_t num_prompt = tokens_of(0, 0).size();
  for (int sequence = 0; sequence < 4; ++sequence) {
    tokens.push_back(tokens_of(sequence, kAudio));
    follow(runner, std::span(tokens.back()).first(num_prompt), 4 - sequence, heads);
  }
  for (size_t i = num_prompt; i < num_prompt + kAudio; ++i) {
    std::vector<Answer> answers(4);
    std::vector<Reading> step;
    for (size_t sequence = 0; sequence < 4; ++sequence) {
      // The third asks nothing, and the second asks about a part of its text.
      const TextQuestion question{.first_row = kFirstText,
                                  .num_rows = sequence == 2 ? 0 : kNumText,
                                  .heads = std::span(heads).first(sequence == 1 ? 1 : 3)};
      answers[sequence].weights.resize(question.num_weights());
      step.push_back({.lane = 4 - static_cast<int>(sequence),
                      .tokens = {&tokens[sequence][i], 1},
                      .wanted = {.slot = static_cast<int>(i) % 7},
                      .logits = &answers[sequence].logits,
                      .question = question,
                      .text_weights = answers[sequence].weights.data()});
    }
    ASSERT_TRUE(runner.step(step).has_value());
    for (size_t sequence = 0; sequence < 4; ++sequence) {
      const auto& expected = alone[sequence][i].weights;
      for (size_t j = 0; j < answers[sequence].weights.size(); ++j)
        ASSERT_NEAR(answers[sequence].weights[j], expected[j], on_gpu() ? 1e-2 : 1e-5) << sequence;
    }
  }
}

// Guards against: kept speech is aligned otherwise than while it was made.
TEST(TextWeights, OfManyTokensAtOnceAreThoseOneByOne) {
  const Loaded voice = Loaded::tested();
  const auto heads = every_head(voice.model->config());
  const auto tokens = tokens_of(3, 30);
  const RunnerOptions options{.cache = {.num_lanes = 1, .lane_rows = 256}};
  Runner one_by_one = voice.runner(options);
  const auto expected = follow(one_by_one, tokens, 0, heads);
  Runner at_once = voice.runner(options);
  constexpr size_t kWanted = 31;
  std::vector<Logits> logits(kWanted);
  const TextQuestion question{.first_row = kFirstText, .num_rows = kNumText, .heads = heads};
  std::vector<float> weights(kWanted * question.num_weights());
  const size_t first = tokens.size() - kWanted;
  const Reading reading{.tokens = tokens,
                        .wanted = {.slot = static_cast<int>(first % 7), .num_tokens = kWanted},
                        .logits = logits.data(),
                        .question = question,
                        .text_weights = weights.data()};
  ASSERT_TRUE(at_once.step({&reading, 1}).has_value());
  for (size_t i = 0; i < kWanted; ++i) {
    const Answer& answer = expected[first + i];
    ASSERT_EQ(logits[i].values.size(), answer.logits.values.size());
    ASSERT_EQ(logits[i].first_id, answer.logits.first_id);
    for (size_t j = 0; j < logits[i].values.size(); ++j)
      ASSERT_NEAR(logits[i].values[j], answer.logits.values[j], on_gpu() ? 0.1 : 5e-3);
    for (size_t j = 0; j < answer.weights.size(); ++j) {
      ASSERT_NEAR(weights[i * question.num_weights() + j], answer.weights[j],
                  on_gpu() ? 1e-2 : 1e-3);
    }
  }
}

// Guards against: a part of a divided model that answers for another part's layers.
TEST(TextWeights, OfASplitModelAreThoseOfOneDeviceToTheBit) {
  const auto weights_on = [](const std::string& devices) {
    const Loaded voice = Loaded::on(devices);
    Runner runner = voice.runner({.cache = {.num_lanes = 1, .lane_rows = 256}});
    const std::vector<AttentionHead> heads = {{3, 1}, {0, 2}, {2, 3}, {0, 0}};
    std::vector<std::vector<float>> weights;
    for (const Answer& answer : follow(runner, tokens_of(1, 8), 0, heads))
      weights.push_back(answer.weights);
    return weights;
  };
  const auto whole = weights_on("CPU");
  for (const char* devices : {"CPU+CPU", "CPU+CPU+CPU+CPU"})
    EXPECT_EQ(weights_on(devices), whole) << devices;
}

// Guards against: our attention and ggml's see different queries or keys.
TEST(TextWeights, AreTheSameBesideEveryAttention) {
  const Loaded voice = Loaded::tested();
  const auto heads = every_head(voice.model->config());
  const auto tokens = tokens_of(2, 15);
  for (const CacheType type : {CacheType::kF16, CacheType::kQ8_0}) {
    std::vector<std::vector<Answer>> answers;
    for (const bool flash : {true, false}) {
      if (!flash && type == CacheType::kQ8_0) continue;
      Runner runner = voice.runner(
          {.cache = {.num_lanes = 1, .lane_rows = 256, .type = type}, .flash_attention = flash});
      answers.push_back(follow(runner, tokens, 0, heads));
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      for (size_t j = 0; j < answers[0][i].weights.size(); ++j)
        ASSERT_NEAR(answers[0][i].weights[j], answers.back()[i].weights[j], on_gpu() ? 1e-2 : 1e-3);
    }
  }
}

TEST(TextWeights, AreSoftenedScores) {
  const std::vector<float> scores = {2, 0, -1e30F, 2};
  std::vector<float> weights(4);
  soften(scores, 0.5F, weights);
  EXPECT_NEAR(weights[0], 0.42232F, 1e-5);
  EXPECT_NEAR(weights[1], 0.15536F, 1e-5);
  EXPECT_EQ(weights[2], 0.0F);
  EXPECT_EQ(weights[3], weights[0]);
}

// Guards against: damaged attention that is taken for an alignment.
TEST(TextWeights, OfWhatIsNotANumberAreNone) {
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const std::vector<float> scores = {1, wrong, 2};
    std::vector<float> weights(6, 0.5F);
    soften(scores, 1, std::span(weights).first(3));
    EXPECT_TRUE(std::isnan(weights[0]));
    EXPECT_TRUE(mean_of_heads(weights, 3).empty());
  }
  EXPECT_TRUE(mean_of_heads({}, 3).empty());
  EXPECT_EQ(mean_of_heads(std::vector<float>{1, 0, 0.5F, 0.5F}, 2),
            (std::vector<float>{0.75F, 0.25F}));
}

TEST(TextWeights, LayersAreListedOnceAndInOrder) {
  std::vector<int> layers = {5};
  add_layers(std::vector<AttentionHead>{{7, 1}, {2, 0}, {7, 3}, {5, 0}}, layers);
  EXPECT_EQ(layers, (std::vector<int>{2, 5, 7}));
}

}  // namespace
}  // namespace orpheus::llama
