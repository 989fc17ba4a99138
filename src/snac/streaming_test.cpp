// Every layer of the codec's streams has one property: its output is the same bits for an input in
// any pieces as for the whole input. A stream that begins within the sound gives the same rows from
// its first complete one on.

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "snac/decoder_block.h"
#include "snac/dense_conv.h"
#include "snac/encoder_block.h"
#include "snac/kernels.h"
#include "snac/product.h"
#include "snac/residual_unit.h"
#include "snac/rows.h"
#include "snac/streaming_conv.h"
#include "snac/streaming_upsample.h"

namespace orpheus::snac {
namespace {

constexpr int kChannels = 2 * kRowMultiple;

std::vector<float> random_values(int count, uint32_t seed, float spread = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(random);
  return values;
}

Matrix matrix(int num_inputs, int num_columns, uint32_t seed) {
  return Matrix(random_values(num_inputs * num_columns, seed, 0.2F), num_inputs, num_columns,
                random_values(num_columns, seed + 1));
}
Snake snake(int channels, uint32_t seed) { return Snake(random_values(channels, seed)); }
Depthwise depthwise(int dilation) {
  return Depthwise(random_values(kChannels * kKernel, 1), random_values(kChannels, 2), dilation);
}

std::array<CpuResidualUnit, kDilations.size()> residual_units() {
  std::array<CpuResidualUnit, kDilations.size()> units;
  for (size_t i = 0; i < units.size(); ++i) {
    const auto seed = static_cast<uint32_t>(10 * i);
    units[i] = {snake(kChannels, seed), depthwise(kDilations[i]), snake(kChannels, seed + 1),
                matrix(kChannels, kChannels, seed + 2)};
  }
  return units;
}

// A layer as the law sees it.
struct Layer {
  int64_t next_row;
  int out_stride;
  std::function<void(const Piece&, Rows& out)> step;
};

struct Kind {
  const char* name;
  int in_stride;
  int row_multiple;  // of a sound's length
  double rate;       // output rows for each input row
  std::function<Layer(int64_t first_row)> make;
};

template <typename Kernel>
Kind convolution(const char* name, Kernel kernel) {
  const auto shared = std::make_shared<const Kernel>(std::move(kernel));
  const int stride = shared->reach().stride;
  return {name, shared->in_stride(), stride, 1.0 / stride, [shared](int64_t first_row) {
            const auto layer = std::make_shared<StreamingConv<Kernel>>(*shared, first_row);
            return Layer{layer->next_row(), shared->out_stride(),
                         [layer, shared](const Piece& x, Rows& out) { layer->step(x, out); }};
          }};
}

Kind strided(const char* name, int stride) {
  const Reach reach = {.stride = stride, .left = stride / 2, .right = stride / 2};
  return convolution(name, DenseConv(matrix(2 * stride * kChannels, 2 * kChannels, 3), reach));
}

Kind upsampling(const char* name, int rate, bool is_shared) {
  const auto weights = std::make_shared<const Matrix>(matrix(2 * kChannels, rate * kChannels, 4));
  const auto product = is_shared ? std::make_shared<SharedProduct>(*weights) : nullptr;
  return {name, kChannels, 1, static_cast<double>(rate), [=](int64_t first_row) {
            const auto layer =
                std::make_shared<StreamingUpsample>(*weights, rate, product.get(), first_row);
            return Layer{layer->next_row(), layer->out_stride(),
                         [layer, weights, product](const Piece& x, Rows& out) {
                           std::copy_n(x.rows, x.num_rows * kChannels, layer->append(x.num_rows));
                           if (x.ends_sound) layer->flush();
                           layer->give(out);
                         }};
          }};
}

Kind residual_unit(const char* name, size_t index) {
  const auto weights = std::make_shared<const CpuResidualUnit>(residual_units()[index]);
  return {name, kChannels, 1, 1, [weights](int64_t first_row) {
            const auto layer = std::make_shared<ResidualUnit>(*weights, first_row);
            return Layer{layer->next_row(), kChannels,
                         [layer, weights](const Piece& x, Rows& out) { layer->step(x, out); }};
          }};
}

Kind decoder_block(const char* name, bool has_noise) {
  constexpr int kRate = 4;
  const auto weights = std::make_shared<CpuBlock>();
  weights->snake = snake(2 * kChannels, 5);
  weights->upsample = matrix(4 * kChannels, kRate * kChannels, 6);
  if (has_noise) weights->noise = matrix(kChannels, kChannels, 7);
  weights->units = residual_units();
  const auto noise = std::make_shared<const NoiseSource>(seeded_noise(1));
  return {name, 2 * kChannels, 1, kRate, [=](int64_t first_row) {
            const Config config = {.decoder_rates = {kRate}};
            const auto layer =
                std::make_shared<DecoderBlock>(*weights, 0, config, *noise, nullptr, first_row);
            return Layer{
                layer->next_row(), kChannels, [layer, weights, noise](const Piece& x, Rows& out) {
                  layer->step(
                      x, [&](const Piece& portion) { out.append(portion.rows, portion.num_rows); });
                }};
          }};
}

Kind encoder_block() {
  constexpr int kRate = 4;
  const auto weights = std::make_shared<EncoderBlockWeights>();
  weights->units = residual_units();
  weights->snake = snake(kChannels, 8);
  weights->downsample = DenseConv(matrix(2 * kRate * kChannels, 2 * kChannels, 9),
                                  {.stride = kRate, .left = kRate / 2, .right = kRate / 2});
  return {"EncoderBlock", kChannels, kRate, 1.0 / kRate, [weights](int64_t first_row) {
            const auto layer = std::make_shared<EncoderBlock>(*weights, first_row);
            return Layer{layer->next_row(), layer->out_stride(),
                         [layer, weights](const Piece& x, Rows& out) { layer->step(x, out); }};
          }};
}

class StreamingLayer : public testing::TestWithParam<Kind> {
 protected:
  // Rows of input; the rows [from, to) of it are drawn with another seed.
  std::vector<float> input(int num_rows, int from = 0, int to = 0) const {
    const ptrdiff_t stride = GetParam().in_stride;
    auto values = random_values(num_rows * GetParam().in_stride, 20);
    const auto others = random_values(num_rows * GetParam().in_stride, 21);
    std::copy(others.begin() + from * stride, others.begin() + to * stride,
              values.begin() + from * stride);
    return values;
  }

  // What a new layer gives for rows of x from first_row on, in pieces of these sizes.
  Rows stepped(const std::vector<float>& x, int first_row, const std::vector<int>& sizes,
               bool ends_sound = true) const {
    const Layer layer = GetParam().make(first_row);
    Rows out(layer.out_stride, layer.next_row);
    const float* rows = x.data() + static_cast<ptrdiff_t>(first_row) * GetParam().in_stride;
    for (size_t i = 0; i < sizes.size(); ++i) {
      // A copy, so that the sanitizer finds a layer that reads outside its piece.
      const std::vector<float> piece(
          rows, rows + static_cast<ptrdiff_t>(sizes[i]) * GetParam().in_stride);
      layer.step({piece.data(), sizes[i], ends_sound && i + 1 == sizes.size()}, out);
      rows += static_cast<ptrdiff_t>(sizes[i]) * GetParam().in_stride;
    }
    return out;
  }
  Rows forward(const std::vector<float>& x) const {
    return stepped(x, 0, {static_cast<int>(x.size()) / GetParam().in_stride});
  }

  static std::vector<int> random_sizes(int num_rows, int most, std::mt19937& random) {
    std::vector<int> sizes;
    while (num_rows > 0) {
      const int size =
          std::min(num_rows, static_cast<int>(random() % static_cast<uint32_t>(most + 1)));
      sizes.push_back(size);
      num_rows -= size;
    }
    if (random() % 2 == 0) sizes.push_back(0);
    if (sizes.empty()) sizes.push_back(0);
    return sizes;
  }

  // Sounds shorter than any context, longer than it, and of several portions of a block.
  std::vector<int> lengths() const {
    std::vector<int> lengths;
    for (const int length : {0, 1, 2, 3, 7, 30, 90, 1200})
      lengths.push_back(length * GetParam().row_multiple);
    return lengths;
  }
};

const float* row_at(const Rows& rows, int64_t place) {
  return rows.data() + (place - rows.first_row()) * rows.stride();
}

// Whether rows equals, bit for bit, the rows of whole at the same positions.
testing::AssertionResult same_rows(const Rows& rows, const Rows& whole) {
  if (rows.size() == 0) return testing::AssertionSuccess();
  if (rows.first_row() < whole.first_row() || rows.end_row() > whole.end_row())
    return testing::AssertionFailure() << "rows " << rows.first_row() << " … " << rows.end_row();
  for (int64_t row = rows.first_row(); row < rows.end_row(); ++row) {
    if (!std::equal(row_at(rows, row), row_at(rows, row) + rows.stride(), row_at(whole, row)))
      return testing::AssertionFailure() << "row " << row;
  }
  return testing::AssertionSuccess();
}

INSTANTIATE_TEST_SUITE_P(
    Snac, StreamingLayer,
    testing::Values(convolution("Depthwise1", depthwise(1)),
                    convolution("Depthwise9", depthwise(9)),
                    convolution("ToMono", ToMono(random_values(kChannels* kKernel, 1), 0.5F)),
                    convolution("FromMono", DenseConv(matrix(kKernel, kChannels, 1),
                                                      {.left = kKernel / 2, .right = kKernel / 2})),
                    strided("Strided2", 2), strided("Strided8", 8),
                    upsampling("Upsample2", 2, false), upsampling("Upsample8", 8, false),
                    upsampling("UpsampleShared", 8, true), residual_unit("ResidualUnit1", 0),
                    residual_unit("ResidualUnit9", 2), decoder_block("DecoderBlock", true),
                    decoder_block("DecoderBlockWithoutNoise", false), encoder_block()),
    [](const auto& test) { return std::string(test.param.name); });

// Guards against: at a boundary between pieces, rows are lost, repeated or wrong.
TEST_P(StreamingLayer, AnyPiecesGiveTheWhole) {
  std::mt19937 random(1);
  for (const int length : lengths()) {
    const auto x = input(length);
    const Rows whole = forward(x);
    std::vector<std::vector<int>> cuttings = {
        {length, 0}, {0, length}, std::vector<int>(static_cast<size_t>(std::max(1, length)), 1)};
    if (length == 0) cuttings.back() = {0, 0, 0};
    for (const int most : {1, 3, 20, 20, 20, 500})
      cuttings.push_back(random_sizes(length, most, random));
    for (const auto& sizes : cuttings) {
      const Rows parts = stepped(x, 0, sizes);
      ASSERT_EQ(parts.size(), whole.size()) << length << " in " << sizes.size();
      ASSERT_TRUE(same_rows(parts, whole)) << length << " in " << sizes.size();
    }
  }
}

// Guards against: the layer crops too much or too little padding.
TEST_P(StreamingLayer, TheSoundKeepsItsLength) {
  for (const int length : lengths()) {
    const Rows whole = forward(input(length));
    EXPECT_EQ(whole.size(), static_cast<int>(length * GetParam().rate)) << length;
    if (whole.size() > 0) {
      EXPECT_EQ(whole.first_row(), 0) << length;
    }
  }
}

// Guards against: a stream that starts within the sound assumes silence before its start, or gives
// its rows wrong positions. Noise depends on the position.
TEST_P(StreamingLayer, BegunWithinTheSoundItGivesTheRowsOfTheWhole) {
  std::mt19937 random(2);
  const int length = 240;
  const auto x = input(length);
  const Rows whole = forward(x);
  for (const int first_row : {1, 2, 3, 5, 8, 31, 64, 150, 239}) {
    for (const int most : {1, 20, 500}) {
      const Rows rest = stepped(x, first_row, random_sizes(length - first_row, most, random));
      if (rest.size() == 0) continue;
      EXPECT_EQ(rest.first_row(), GetParam().make(first_row).next_row) << first_row;
      EXPECT_EQ(rest.end_row(), whole.end_row()) << first_row;
      EXPECT_TRUE(same_rows(rest, whole)) << first_row;
    }
  }
}

// Guards against: a stream that starts within the sound returns fewer rows than possible. The row
// before its first one depends on input that it has not seen.
TEST_P(StreamingLayer, BegunWithinTheSoundItGivesAllThatItCan) {
  const int length = 240;
  for (const int first_row : {1, 2, 3, 5, 8, 31, 64}) {
    const int64_t place = GetParam().make(first_row).next_row;
    if (place == 0) continue;
    const Rows whole = forward(input(length));
    const Rows other = forward(input(length, 0, first_row));
    EXPECT_FALSE(std::equal(row_at(whole, place - 1), row_at(whole, place - 1) + whole.stride(),
                            row_at(other, place - 1)))
        << first_row;
  }
}

// Guards against: the layer delays a row although its inputs are complete. A returned row does not
// depend on later input; the next row does.
TEST_P(StreamingLayer, ARowComesAsSoonAsWhatItReadsIsThere) {
  const int length = 240;
  const auto x = input(length);
  const Rows whole = forward(x);
  for (const int num_there : {1, 2, 4, 8, 33, 100, 190}) {
    const Rows early = stepped(x, 0, {num_there}, false);
    EXPECT_TRUE(same_rows(early, whole)) << num_there;
    const Rows other = forward(input(length, num_there, length));
    EXPECT_TRUE(same_rows(early, other)) << num_there;
    const int64_t next = std::max<int64_t>(0, early.end_row());
    EXPECT_FALSE(
        std::equal(row_at(whole, next), row_at(whole, next) + whole.stride(), row_at(other, next)))
        << num_there;
  }
}

// Guards against: wrong positions of rows; layers compute from them what to skip and crop.
TEST(Rows, KeepTheirPlaces) {
  Rows rows(2, 10);
  for (int i = 0; i < 5; ++i) {
    const std::array<float, 2> row = {static_cast<float>(10 + i), 0};
    rows.append(row.data(), 1);
  }
  EXPECT_EQ(rows.first_row(), 10);
  EXPECT_EQ(rows.end_row(), 15);
  rows.drop_before(9);
  EXPECT_EQ(rows.first_row(), 10);
  rows.drop_before(12);
  EXPECT_EQ(rows.first_row(), 12);
  EXPECT_EQ(rows.data()[0], 12);
  rows.drop_from(20);
  EXPECT_EQ(rows.end_row(), 15);
  rows.drop_from(14);
  EXPECT_EQ(rows.end_row(), 14);
  rows.clear();
  EXPECT_EQ(rows.size(), 0);
  EXPECT_EQ(rows.first_row(), 14);
  rows.append_zeros(3);
  rows.drop_before(100);  // no further than there are rows
  EXPECT_EQ(rows.first_row(), 17);
}

}  // namespace
}  // namespace orpheus::snac
