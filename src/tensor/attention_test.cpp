// Guards against: a row's bits depend on its chunk, other sequences, threads or later cache rows;
// or the result is not attention.

#include "tensor/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "tensor/device.h"
#include "tensor/graph.h"

namespace orpheus::tensor {
namespace {

struct Sizes {
  int head_dim;
  int num_heads;
  int num_kv_heads;
  int cache_type;
  int kv_width() const { return head_dim * num_kv_heads; }
  int width() const { return head_dim * num_heads; }
};

constexpr int kLaneRows = 400;
constexpr int kNumLanes = 3;
constexpr int64_t kNumTokens = int64_t{kLaneRows} * kNumLanes;

std::vector<float> random_floats(size_t count, unsigned seed) {
  std::mt19937 draw(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(draw);
  return values;
}

// Which token of which sequence a row is; a position of -1 is an idle row's.
struct Row {
  int lane;
  int position;
};

// Queries, keys and values of every token of some sequences, and attention over any of them.
class Attention : public testing::TestWithParam<Sizes> {
 protected:
  void SetUp() override {
    if (!is_attention_supported(sizes.cache_type, sizes.head_dim))
      GTEST_SKIP() << "this processor has no attention of ours";
    constexpr auto kTokens = static_cast<size_t>(kNumTokens);
    q = random_floats(kTokens * static_cast<size_t>(sizes.width()), 1);
    for (float& value : q) value *= 2;  // some scores stand out
    keys = in_cache(random_floats(kTokens * static_cast<size_t>(sizes.kv_width()), 2));
    values = in_cache(random_floats(kTokens * static_cast<size_t>(sizes.kv_width()), 3));
  }

  std::vector<std::byte> in_cache(const std::vector<float>& floats) const {
    const auto type = static_cast<ggml_type>(sizes.cache_type);
    const auto rows = static_cast<int64_t>(floats.size()) / sizes.kv_width();
    std::vector<std::byte> cached(ggml_row_size(type, sizes.kv_width()) *
                                  static_cast<size_t>(rows));
    ggml_quantize_chunk(type, floats.data(), cached.data(), 0, rows, sizes.kv_width(), nullptr);
    return cached;
  }

  // [width] of each row, computed together.
  std::vector<std::vector<float>> attend_to(const std::vector<Row>& rows, int num_threads) const {
    std::vector<float> queries;
    std::vector<int32_t> seen;
    for (const Row& row : rows) {
      const auto from =
          q.begin() + (ptrdiff_t{row.lane} * kLaneRows + std::max(0, row.position)) * sizes.width();
      queries.insert(queries.end(), from, from + sizes.width());
      seen.push_back(row.lane * kLaneRows);
      seen.push_back(row.position < 0 ? 0 : row.position + 1);
    }
    const auto device = Device::open({.name = "CPU", .num_threads = num_threads}).value();
    auto graph =
        Graph::build(*device, 32, [&](ggml_context* context, ggml_cgraph* nodes) {
          ggml_tensor* cache_keys =
              input(context, "keys", sizes.cache_type, sizes.kv_width(), kNumTokens);
          ggml_tensor* cache_values =
              input(context, "values", sizes.cache_type, sizes.kv_width(), kNumTokens);
          output(
              nodes,
              attend(context,
                     input(context, "q", GGML_TYPE_F32, sizes.head_dim, sizes.num_heads,
                           static_cast<int64_t>(rows.size())),
                     cache_keys, cache_values,
                     input(context, "seen", GGML_TYPE_I32, 2, static_cast<int64_t>(rows.size()))),
              "mixed");
        }).value();
    graph.set("q", std::span<const float>(queries));
    graph.set("keys", std::span<const std::byte>(keys));
    graph.set("values", std::span<const std::byte>(values));
    graph.set("seen", std::span<const int32_t>(seen));
    EXPECT_TRUE(graph.compute().has_value());
    std::vector<float> all;
    graph.get("mixed", all);
    std::vector<std::vector<float>> results;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto from = all.begin() + static_cast<ptrdiff_t>(i) * sizes.width();
      results.emplace_back(from, from + sizes.width());
    }
    return results;
  }

  std::vector<float> alone(const Row& row) const { return attend_to({row}, 1).front(); }

  // In double, from what the cache holds.
  std::vector<double> expected(const Row& row) const {
    const auto* traits = ggml_get_type_traits(static_cast<ggml_type>(sizes.cache_type));
    const auto floats_of = [&](const std::vector<std::byte>& cached, int position) {
      std::vector<float> floats(static_cast<size_t>(sizes.kv_width()));
      const size_t bytes =
          ggml_row_size(static_cast<ggml_type>(sizes.cache_type), sizes.kv_width());
      traits->to_float(cached.data() + static_cast<size_t>(row.lane * kLaneRows + position) * bytes,
                       floats.data(), sizes.kv_width());
      return floats;
    };
    std::vector<double> mixed(static_cast<size_t>(sizes.width()), 0.0);
    const float* query =
        q.data() + (ptrdiff_t{row.lane} * kLaneRows + row.position) * sizes.width();
    std::vector<double> sums(static_cast<size_t>(sizes.num_heads), 0.0);
    for (int position = 0; position <= row.position; ++position) {
      const auto key = floats_of(keys, position);
      const auto value = floats_of(values, position);
      const auto head_dim = static_cast<size_t>(sizes.head_dim);
      for (int head = 0; head < sizes.num_heads; ++head) {
        const auto first = static_cast<size_t>(head) * head_dim;
        const size_t kv =
            static_cast<size_t>(head / (sizes.num_heads / sizes.num_kv_heads)) * head_dim;
        double score = 0;
        for (size_t k = 0; k < head_dim; ++k)
          score += double{query[first + k]} * double{key[kv + k]};
        const double weight = std::exp(score / std::sqrt(sizes.head_dim));
        sums[static_cast<size_t>(head)] += weight;
        for (size_t k = 0; k < head_dim; ++k) mixed[first + k] += weight * double{value[kv + k]};
      }
    }
    for (size_t i = 0; i < mixed.size(); ++i)
      mixed[i] /= sums[i / static_cast<size_t>(sizes.head_dim)];
    return mixed;
  }

  const Sizes sizes = GetParam();
  std::vector<float> q;           // [width, kLaneRows · kNumLanes]
  std::vector<std::byte> keys;    // [kv_width, kLaneRows · kNumLanes]
  std::vector<std::byte> values;  // likewise
};

TEST_P(Attention, IsTheSoftmaxOfScoresOverTheRowsThatAreSeen) {
  for (const Row& row : {Row{0, 0}, Row{1, 1}, Row{2, 31}, Row{0, 32}, Row{1, 399}}) {
    const auto found = alone(row);
    const auto wanted = expected(row);
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], wanted[i], 2e-5) << "lane " << row.lane << ", row " << row.position;
  }
}

// Random steps of an engine: some sequences' single rows, idle rows, a chunk of one more.
TEST_P(Attention, ARowIsTheSameToTheBitInAnyCompany) {
  std::mt19937 draw(7);
  const auto up_to = [&](int most) {
    return static_cast<int>(draw() % static_cast<unsigned>(most));
  };
  for (int round = 0; round < 12; ++round) {
    std::vector<Row> rows;
    const int num_singles = up_to(kNumLanes);
    for (int lane = 0; lane < num_singles; ++lane) rows.push_back({lane, up_to(kLaneRows)});
    if (round % 3 == 0) rows.push_back({0, -1});
    const int num_chunk = 1 + up_to(256);
    const int first = up_to(kLaneRows - num_chunk + 1);
    for (int i = 0; i < num_chunk; ++i) rows.push_back({kNumLanes - 1, first + i});
    const auto together = attend_to(rows, 1 + up_to(4));
    const auto check = [&](size_t i) {
      if (rows[i].position < 0) return;
      EXPECT_EQ(together[i], alone(rows[i])) << "row " << rows[i].position << " of " << num_chunk;
    };
    for (size_t i = 0; i < rows.size() - static_cast<size_t>(num_chunk); ++i) check(i);
    for (int i = 0; i < 12; ++i) check(rows.size() - 1 - static_cast<size_t>(up_to(num_chunk)));
  }
}

TEST_P(Attention, ThreadsChangeNothing) {
  std::vector<Row> rows = {{0, 399}, {1, 77}};
  const auto one = attend_to(rows, 1);
  for (const int threads : {2, 3, 4}) EXPECT_EQ(attend_to(rows, threads), one) << threads;
}

// A lane keeps what an earlier sequence left there, and float16 can overflow.
TEST_P(Attention, RowsBehindAreNotRead) {
  const std::vector<Row> rows = {{1, 40}, {1, 41}, {1, 42}};
  const auto before = attend_to(rows, 1);
  const size_t row_bytes =
      ggml_row_size(static_cast<ggml_type>(sizes.cache_type), sizes.kv_width());
  for (auto* cached : {&keys, &values}) {
    const auto from = cached->begin() + static_cast<ptrdiff_t>((kLaneRows + 41) * row_bytes);
    std::fill(from, from + static_cast<ptrdiff_t>(4 * row_bytes), std::byte{0x7E});  // not a number
  }
  EXPECT_EQ(attend_to(rows, 1).front(), before.front());
}

// Damaged weights are found by logits that are not numbers.
TEST_P(Attention, WhatIsNotANumberStaysSo) {
  q[9 * static_cast<size_t>(sizes.width())] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(alone({0, 9}).front()));
  EXPECT_FALSE(std::isnan(alone({0, 8}).front()));
}

TEST_P(Attention, ARowThatSeesNothingGivesZeros) {
  const auto results = attend_to({{0, 5}, {0, -1}}, 1);
  for (const float value : results.back()) EXPECT_EQ(value, 0.0F);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, Attention,
    testing::Values(Sizes{128, 24, 8, GGML_TYPE_F16}, Sizes{128, 24, 8, GGML_TYPE_Q8_0},
                    Sizes{64, 4, 4, GGML_TYPE_F16}, Sizes{32, 8, 2, GGML_TYPE_Q8_0},
                    Sizes{16, 4, 2, GGML_TYPE_F16}, Sizes{40, 6, 2, GGML_TYPE_F16},
                    Sizes{8, 32, 1, GGML_TYPE_F16}, Sizes{256, 2, 1, GGML_TYPE_F16}),
    [](const auto& test) {
      return std::string(ggml_type_name(static_cast<ggml_type>(test.param.cache_type))) + "_" +
             std::to_string(test.param.num_heads) + "_heads_of_" +
             std::to_string(test.param.head_dim);
    });

}  // namespace
}  // namespace orpheus::tensor
