#include "snac/kernels.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "snac/matrix.h"
#include "snac/product.h"
#include "snac/shared_product.h"

namespace orpheus::snac {
namespace {

std::vector<float> random_values(size_t count, uint32_t seed, float spread = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// An empty table, and a value in one of rows of this width.
std::vector<float> table(int num_rows, int width, float value = 0) {
  return std::vector<float>(static_cast<size_t>(num_rows) * static_cast<size_t>(width), value);
}
float at(const std::vector<float>& values, int width, int row, int column) {
  return values[static_cast<size_t>(row) * static_cast<size_t>(width) +
                static_cast<size_t>(column)];
}

// Guards against: an alpha of 1, which another rule takes for a padded channel's 0, or a division
// by that 0.
TEST(Snake, IsWithinARoundingOfTheFormula) {
  for (const float a : {0.0F, 0.2F, 1.0F, 1.3F}) {
    const Snake snake(std::vector<float>(kRowMultiple, a));
    std::vector<float> x;
    for (int i = -200 * kRowMultiple; i < 200 * kRowMultiple; ++i)
      x.push_back(static_cast<float>(i) * 0.037F);
    std::vector<float> y(x.size());
    snake.apply(x.data(), static_cast<int>(x.size()) / kRowMultiple, y.data());
    for (size_t i = 0; i < x.size(); ++i) {
      const double z = static_cast<double>(a) * x[i];
      const double exact = x[i] + std::sin(z) * std::sin(z) / (static_cast<double>(a) + 1e-9);
      // The angle itself is rounded to float: 2^-24 of it, seen through a slope of 1 / alpha.
      ASSERT_NEAR(y[i], exact, (3e-7 + 1.3e-7 * std::abs(z)) / std::clamp<double>(a, 0.1, 1))
          << a << " " << x[i];
    }
  }
}

TEST(Matrix, EqualsTheSumsForEveryNumberOfRows) {
  for (const auto& [inputs, columns] : {std::pair{8, 4}, {64, 64}, {33, 80}, {128, 16}}) {
    const auto weights = random_values(table(inputs, columns).size(), 1);
    const auto bias = random_values(static_cast<size_t>(columns), 2);
    const Matrix matrix(weights, inputs, columns, bias);
    const int out_stride = matrix.num_columns();
    for (int rows = 1; rows < 30; ++rows) {
      const auto in = random_values(table(rows, inputs).size(), 3);
      std::vector<float> out = table(rows, out_stride, NAN);
      matrix.multiply(in.data(), inputs, rows, out.data(), out_stride);
      for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
          double sum = bias[static_cast<size_t>(column)];
          for (int k = 0; k < inputs; ++k) {
            sum += double{at(in, inputs, row, k)} * at(weights, columns, k, column);
          }
          ASSERT_NEAR(at(out, out_stride, row, column), sum, 1e-4);
        }
        for (int column = columns; column < out_stride; ++column) {
          ASSERT_EQ(at(out, out_stride, row, column), 0.0F) << "padding";
        }
      }
    }
  }
}

TEST(Matrix, ARowHasTheSameBitsInAnyCompany) {
  const Matrix matrix(random_values(table(64, 64).size(), 1), 64, 64, random_values(64, 2));
  const auto in = random_values(table(29, 64).size(), 3);
  std::vector<float> together = table(29, 64);
  matrix.multiply(in.data(), 64, 29, together.data(), 64);
  for (ptrdiff_t row = 0; row < 29; ++row) {
    std::vector<float> alone(64);
    matrix.multiply(in.data() + row * 64, 64, 1, alone.data(), 64);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + row * 64)) << row;
  }
}

TEST(SharedProduct, ThreadsTogetherGetTheBitsThatEachGetsAlone) {
  constexpr int kInputs = 40;
  constexpr int kColumns = 300;
  constexpr int kThreads = 6;
  constexpr int kTurns = 50;
  const Matrix matrix(random_values(table(kInputs, kColumns).size(), 1), kInputs, kColumns,
                      random_values(kColumns, 2));
  const int out_stride = matrix.num_columns();
  int num_products = 0;  // reported, and their rows
  int num_rows = 0;
  SharedProduct shared(matrix, [&](int products, int rows) {
    EXPECT_TRUE(1 <= products && products <= kThreads) << products;
    num_products += products;
    num_rows += rows;
  });
  const auto multiply = [&](int thread) {
    for (int turn = 0; turn < kTurns; ++turn) {
      const int rows = 1 + (thread + turn) % 5;
      const auto in = random_values(table(rows, kInputs).size(), static_cast<uint32_t>(thread));
      std::vector<float> alone = table(rows, out_stride);
      matrix.multiply(in.data(), kInputs, rows, alone.data(), out_stride);
      std::vector<float> together = table(rows, out_stride, NAN);
      shared.multiply({in.data(), kInputs, rows, together.data(), out_stride});
      ASSERT_EQ(together, alone) << thread << ' ' << turn;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(multiply, i);
  for (std::jthread& thread : threads) thread.join();
  EXPECT_EQ(num_products, kThreads * kTurns);
  EXPECT_EQ(num_rows, kThreads * kTurns * 3);  // 1 … 5 in turn
}

TEST(Depthwise, EqualsTheSums) {
  constexpr int kChannels = 2 * kRowMultiple;
  const auto weights = random_values(table(kChannels, 7).size(), 1);
  const auto bias = random_values(kChannels, 2);
  for (const int dilation : {1, 3, 9}) {
    const Depthwise depthwise(weights, bias, dilation);
    const int rows = 6;  // four together and two alone
    const auto in = random_values(table(rows + 6 * dilation, kChannels).size(), 3);
    std::vector<float> out = table(rows, kChannels);
    depthwise.apply(in.data(), rows, out.data());
    for (int row = 0; row < rows; ++row) {
      for (int channel = 0; channel < kChannels; ++channel) {
        double sum = bias[static_cast<size_t>(channel)];
        for (int tap = 0; tap < 7; ++tap) {
          sum += double{at(in, kChannels, row + tap * dilation, channel)} *
                 at(weights, 7, channel, tap);
        }
        ASSERT_NEAR(at(out, kChannels, row, channel), sum, 1e-5);
      }
    }
  }
}

TEST(Depthwise, ARowHasTheSameBitsInAnyCompany) {
  constexpr int kChannels = 2 * kRowMultiple;
  constexpr int kRows = 11;
  const Depthwise depthwise(random_values(table(kChannels, 7).size(), 1),
                            random_values(kChannels, 2), 3);
  const auto in = random_values(table(kRows + 18, kChannels).size(), 3);
  std::vector<float> together = table(kRows, kChannels);
  depthwise.apply(in.data(), kRows, together.data());
  for (ptrdiff_t row = 0; row < kRows; ++row) {
    std::vector<float> alone(kChannels);
    depthwise.apply(in.data() + row * kChannels, 1, alone.data());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + row * kChannels)) << row;
  }
}

}  // namespace
}  // namespace orpheus::snac
