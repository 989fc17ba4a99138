#include "tensor/packed_matrix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/philox.h"
#include "base/testing/no_more_threads.h"

namespace orpheus::tensor {
namespace {

std::vector<float> random_values(size_t count, uint64_t seed) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    const auto words = philox(seed, i, 0);
    values[i] = static_cast<float>(uniform_double(words[0], words[1]) * 2 - 1);
  }
  return values;
}

struct Sample {
  int64_t num_inputs = 512;
  int64_t num_outputs = 48;
  std::vector<std::byte> data;
  std::vector<float> weights;  // the values of data
  explicit Sample(ggml_type type) {
    const auto values = random_values(static_cast<size_t>(num_inputs * num_outputs), 1);
    data.resize(ggml_row_size(type, num_inputs) * static_cast<size_t>(num_outputs));
    ggml_quantize_chunk(type, values.data(), data.data(), 0, num_outputs, num_inputs, nullptr);
    weights.resize(values.size());
    ggml_get_type_traits(type)->to_float(data.data(), weights.data(), num_inputs * num_outputs);
  }
};

class Packed : public testing::TestWithParam<ggml_type> {
 protected:
  void SetUp() override {
    if (!PackedMatrix::is_supported(GetParam(), 512, 48)) GTEST_SKIP() << "not on this processor";
  }

  static std::vector<std::vector<float>> multiply(const PackedMatrix& matrix, size_t num_columns,
                                                  int num_parts) {
    std::vector<std::vector<std::byte>> columns;
    std::vector<std::vector<float>> results;
    std::vector<const std::byte*> inputs;
    std::vector<float*> outputs;
    for (size_t column = 0; column < num_columns; ++column) {
      const auto values = random_values(static_cast<size_t>(matrix.num_inputs()), 100 + column);
      auto& quantised =
          columns.emplace_back(PackedMatrix::quantised_bytes(matrix.blocks(), matrix.num_inputs()));
      PackedMatrix::quantise(matrix.blocks(), values, quantised.data());
      results.emplace_back(static_cast<size_t>(matrix.num_outputs()));
    }
    for (size_t column = 0; column < num_columns; ++column) {
      inputs.push_back(columns[column].data());
      outputs.push_back(results[column].data());
    }
    for (int part = 0; part < num_parts; ++part) matrix.multiply(inputs, outputs, part, num_parts);
    return results;
  }

  static PackedMatrix pack(const Sample& sample) {
    auto matrix = PackedMatrix::pack(GetParam(), sample.num_inputs, sample.num_outputs, sample.data,
                                     1, [](auto) {});
    EXPECT_TRUE(matrix.has_value());
    return std::move(*matrix);
  }
};

// The difference is the rounding of the inputs: 1/254 of the largest, some 0.3 % of a product.
TEST_P(Packed, ProductsAreThoseOfTheWeights) {
  const Sample sample(GetParam());
  const PackedMatrix matrix = pack(sample);
  const auto results = multiply(matrix, 3, 1);
  for (size_t column = 0; column < 3; ++column) {
    const auto inputs = random_values(static_cast<size_t>(sample.num_inputs), 100 + column);
    for (size_t row = 0; row < static_cast<size_t>(sample.num_outputs); ++row) {
      double expected = 0;
      double magnitude = 0;
      for (size_t k = 0; k < inputs.size(); ++k) {
        const double term = double{sample.weights[row * inputs.size() + k]} * double{inputs[k]};
        expected += term;
        magnitude += term * term;
      }
      EXPECT_NEAR(results[column][row], expected, 0.02 * std::sqrt(magnitude))
          << "row " << row << ", column " << column;
    }
  }
}

// Inputs that are whole numbers with 127 in every block of 32 are not rounded. Guards against: a
// weight, scale or sum of inputs that is slightly wrong, which the rounding of inputs would hide.
TEST_P(Packed, WholeInputsLoseNothing) {
  const Sample sample(GetParam());
  const PackedMatrix matrix = pack(sample);
  auto inputs = random_values(static_cast<size_t>(sample.num_inputs), 7);
  for (size_t k = 0; k < inputs.size(); ++k)
    inputs[k] = k % 32 == 5 ? 127.0F : std::round(inputs[k] * 127);
  std::vector<std::byte> quantised(
      PackedMatrix::quantised_bytes(matrix.blocks(), matrix.num_inputs()));
  PackedMatrix::quantise(matrix.blocks(), inputs, quantised.data());
  std::vector<float> result(static_cast<size_t>(matrix.num_outputs()));
  const std::byte* column = quantised.data();
  float* output = result.data();
  matrix.multiply({&column, 1}, {&output, 1}, 0, 1);
  for (size_t row = 0; row < result.size(); ++row) {
    double expected = 0;
    double magnitude = 0;
    for (size_t k = 0; k < inputs.size(); ++k) {
      const double term = double{sample.weights[row * inputs.size() + k]} * double{inputs[k]};
      expected += term;
      magnitude += std::fabs(term);
    }
    EXPECT_NEAR(result[row], expected, 2e-6 * magnitude) << "row " << row;
  }
}

TEST_P(Packed, AColumnIsTheSameToTheBitAmongAnyOthersAndInAnyParts) {
  const PackedMatrix matrix = pack(Sample(GetParam()));
  const auto many = multiply(matrix, 130, 1);  // more than meet a block together
  for (const size_t count : {1U, 2U, 3U, 4U, 5U, 8U, 31U, 32U, 33U, 40U, 63U, 64U, 65U, 97U}) {
    const auto few = multiply(matrix, count, 1);
    for (size_t column = 0; column < count; ++column) EXPECT_EQ(few[column], many[column]);
  }
  EXPECT_EQ(multiply(matrix, 130, 2), many);
  EXPECT_EQ(multiply(matrix, 130, 5), many);  // more than there are panels
}

TEST_P(Packed, EveryByteIsReportedAsRead) {
  const Sample sample(GetParam());
  std::mutex mutex;
  size_t num_bytes = 0;
  const auto matrix = PackedMatrix::pack(GetParam(), sample.num_inputs, sample.num_outputs,
                                         sample.data, 3, [&](std::span<const std::byte> part) {
                                           const std::lock_guard lock(mutex);
                                           num_bytes += part.size();
                                         });
  EXPECT_EQ(num_bytes, sample.data.size());
  EXPECT_LE(matrix->num_bytes(), sample.data.size() * 103 / 100);
}

// Guards against: the process ends with "terminate called" when a second thread cannot be started.
TEST_P(Packed, NeedsNoSecondThread) {
  const Sample sample(GetParam());
  const PackedMatrix expected = pack(sample);
  const NoMoreThreads none;
  if (!none.works()) GTEST_SKIP() << "this C library cannot be told";
  const auto matrix = PackedMatrix::pack(GetParam(), sample.num_inputs, sample.num_outputs,
                                         sample.data, 3, [](auto) {});
  ASSERT_TRUE(matrix.has_value());
  EXPECT_EQ(multiply(*matrix, 2, 1), multiply(expected, 2, 1));
}

TEST_P(Packed, SilenceGivesZero) {
  const PackedMatrix matrix = pack(Sample(GetParam()));
  const std::vector<float> zeros(static_cast<size_t>(matrix.num_inputs()), 0.0F);
  std::vector<std::byte> quantised(
      PackedMatrix::quantised_bytes(matrix.blocks(), matrix.num_inputs()));
  PackedMatrix::quantise(matrix.blocks(), zeros, quantised.data());
  std::vector<float> result(static_cast<size_t>(matrix.num_outputs()), 7.0F);
  const std::byte* column = quantised.data();
  float* output = result.data();
  matrix.multiply({&column, 1}, {&output, 1}, 0, 1);
  for (const float value : result) EXPECT_EQ(value, 0.0F);
}

// Guards against: damaged weights that give finite numbers and a sound, because the largest of a
// NaN and another number is the other one.
TEST_P(Packed, WhatIsNoNumberShowsInEveryResult) {
  const PackedMatrix matrix = pack(Sample(GetParam()));
  for (const float odd : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    auto values = random_values(static_cast<size_t>(matrix.num_inputs()), 5);
    values[37] = odd;
    std::vector<std::byte> quantised(
        PackedMatrix::quantised_bytes(matrix.blocks(), matrix.num_inputs()));
    PackedMatrix::quantise(matrix.blocks(), values, quantised.data());
    std::vector<float> result(static_cast<size_t>(matrix.num_outputs()), 7.0F);
    const std::byte* column = quantised.data();
    float* output = result.data();
    matrix.multiply({&column, 1}, {&output, 1}, 0, 1);
    const auto num_shown = std::count_if(result.begin(), result.end(),
                                         [](float value) { return !std::isfinite(value); });
    EXPECT_GT(num_shown, 0) << odd;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Packed,
                         testing::Values(GGML_TYPE_Q4_0, GGML_TYPE_Q8_0, GGML_TYPE_IQ4_NL,
                                         GGML_TYPE_IQ4_XS, GGML_TYPE_Q2_K, GGML_TYPE_Q3_K,
                                         GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K,
                                         GGML_TYPE_F16, GGML_TYPE_BF16),
                         [](const auto& test) { return std::string(ggml_type_name(test.param)); });

}  // namespace
}  // namespace orpheus::tensor
