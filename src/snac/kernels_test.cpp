#include "snac/kernels.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "snac/matrix.h"
#include "snac/vectors.h"

namespace orpheus::snac {
namespace {

std::vector<float> random_values(size_t count, uint32_t seed, float spread = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

TEST(Snake, IsWithinARoundingOfTheFormula) {
  const std::vector<float> alpha(kLanes, 1.3F);
  const Snake snake(alpha);
  std::vector<float> x;
  for (int i = -200 * kLanes; i < 200 * kLanes; ++i) x.push_back(static_cast<float>(i) * 0.037F);
  std::vector<float> y(x.size());
  snake.apply(x.data(), static_cast<int>(x.size()) / kLanes, y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double z = static_cast<double>(1.3F) * x[i];
    const double exact = x[i] + std::sin(z) * std::sin(z) / (static_cast<double>(1.3F) + 1e-9);
    // The angle itself is rounded to float: 2^-24 of it.
    ASSERT_NEAR(y[i], exact, 3e-7 + 1.3e-7 * std::abs(z)) << x[i];
  }
}

TEST(Matrix, EqualsTheSumsForEveryNumberOfRows) {
  for (const auto& [inputs, columns] : {std::pair{8, 4}, {64, 64}, {33, 80}, {128, 16}}) {
    const auto weights = random_values(static_cast<size_t>(inputs * columns), 1);
    const auto bias = random_values(static_cast<size_t>(columns), 2);
    const Matrix matrix(weights, inputs, columns, bias);
    const int out_stride = matrix.num_columns();
    for (int rows = 1; rows < 30; ++rows) {
      const auto in = random_values(static_cast<size_t>(rows * inputs), 3);
      std::vector<float> out(static_cast<size_t>(rows * out_stride), NAN);
      matrix.multiply(in.data(), inputs, rows, out.data(), out_stride);
      for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
          double sum = bias[static_cast<size_t>(column)];
          for (int k = 0; k < inputs; ++k) {
            sum += static_cast<double>(in[static_cast<size_t>(row * inputs + k)]) *
                   weights[static_cast<size_t>(k * columns + column)];
          }
          ASSERT_NEAR(out[static_cast<size_t>(row * out_stride + column)], sum, 1e-4);
        }
        for (int column = columns; column < out_stride; ++column) {
          ASSERT_EQ(out[static_cast<size_t>(row * out_stride + column)], 0.0F) << "padding";
        }
      }
    }
  }
}

TEST(Matrix, ARowHasTheSameBitsInAnyCompany) {
  const Matrix matrix(random_values(64 * 64, 1), 64, 64, random_values(64, 2));
  const auto in = random_values(29 * 64, 3);
  std::vector<float> together(29 * 64);
  matrix.multiply(in.data(), 64, 29, together.data(), 64);
  for (int row = 0; row < 29; ++row) {
    std::vector<float> alone(64);
    matrix.multiply(in.data() + row * 64, 64, 1, alone.data(), 64);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + row * 64)) << row;
  }
}

TEST(Depthwise, EqualsTheSums) {
  constexpr int kChannels = 2 * kLanes;
  const auto weights = random_values(kChannels * 7, 1);
  const auto bias = random_values(kChannels, 2);
  for (const int dilation : {1, 3, 9}) {
    const Depthwise depthwise(weights, bias, dilation);
    const int rows = 5;
    const auto in = random_values(static_cast<size_t>((rows + 6 * dilation) * kChannels), 3);
    std::vector<float> out(rows * kChannels);
    depthwise.apply(in.data(), rows, out.data());
    for (int row = 0; row < rows; ++row) {
      for (int channel = 0; channel < kChannels; ++channel) {
        double sum = bias[static_cast<size_t>(channel)];
        for (int tap = 0; tap < 7; ++tap) {
          sum += static_cast<double>(
                     in[static_cast<size_t>((row + tap * dilation) * kChannels + channel)]) *
                 weights[static_cast<size_t>(channel * 7 + tap)];
        }
        ASSERT_NEAR(out[static_cast<size_t>(row * kChannels + channel)], sum, 1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace orpheus::snac
