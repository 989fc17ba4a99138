#include "convert/quantise.h"

#include <cmath>
#include <cstring>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "convert/random_weights.h"
#include "convert/testing/checkpoint_builder.h"

namespace orpheus::convert {
namespace {

TEST(Quantise, StaysNearTheValues) {
  constexpr int64_t kRow = 512;
  std::vector<float> values(4 * kRow);
  fill_normal({.seed = 3, .stream = 0}, 0, 1, values);
  const std::vector<std::pair<ggml_type, double>> tolerances = {
      {GGML_TYPE_F32, 1e-9},   {GGML_TYPE_F16, 1e-3},  {GGML_TYPE_BF16, 5e-3},
      {GGML_TYPE_Q8_0, 0.01},  {GGML_TYPE_Q6_K, 0.03}, {GGML_TYPE_Q5_K, 0.05},
      {GGML_TYPE_Q5_1, 0.06},  {GGML_TYPE_Q5_0, 0.06}, {GGML_TYPE_Q4_K, 0.1},
      {GGML_TYPE_Q4_1, 0.12},  {GGML_TYPE_Q4_0, 0.12}, {GGML_TYPE_IQ4_NL, 0.1},
      {GGML_TYPE_IQ4_XS, 0.1}, {GGML_TYPE_MXFP4, 0.2}, {GGML_TYPE_Q3_K, 0.2},
      {GGML_TYPE_IQ3_S, 0.2},  {GGML_TYPE_Q2_K, 0.4},  {GGML_TYPE_IQ3_XXS, 0.25}};
  for (const auto& [type, tolerance] : tolerances) {
    std::vector<std::byte> bytes(quantised_bytes(type, values.size()));
    quantise(type, values, kRow, bytes);
    std::vector<float> back(values.size());
    const StoredWeight stored{.type = type, .shape = {kRow, 4, 1, 1}, .data = bytes};
    const auto floats = convert_rows("w", stored, GGML_TYPE_F32, 0, 4).value();
    std::memcpy(back.data(), floats.data(), floats.size());
    double squares = 0;
    for (size_t i = 0; i < values.size(); ++i) squares += std::pow(back[i] - values[i], 2);
    EXPECT_LT(std::sqrt(squares / static_cast<double>(values.size())), tolerance)
        << ggml_type_name(type);
  }
}

TEST(ConvertRows, GivesTheSameInPartsAsAtOnce) {
  constexpr int64_t kRow = 256;
  std::vector<float> values(6 * kRow);
  fill_normal({.seed = 4, .stream = 0}, 0, 1, values);
  std::string unaligned = "x" + raw(values);
  const StoredWeight stored{.type = GGML_TYPE_F32,
                            .shape = {kRow, 6, 1, 1},
                            .data = bytes_of(unaligned).subspan(1),
                            .rows_per_head = 6};
  const auto whole = convert_rows("w", stored, GGML_TYPE_Q4_K, 0, 6).value();
  std::vector<std::byte> parts;
  for (int64_t row = 0; row < 6; row += 2) {
    const auto part = convert_rows("w", stored, GGML_TYPE_Q4_K, row, 2).value();
    parts.insert(parts.end(), part.begin(), part.end());
  }
  EXPECT_EQ(whole, parts);
  // What has its type already is not read as numbers.
  const StoredWeight packed{.type = GGML_TYPE_Q4_K, .shape = {kRow, 6, 1, 1}, .data = whole};
  EXPECT_EQ(convert_rows("w", packed, GGML_TYPE_Q4_K, 0, 6).value(), whole);
}

TEST(ConvertRows, RefusesWhatATypeCannotHold) {
  const auto convert = [](float value, ggml_type type) {
    const std::vector<float> values(32, value);
    const StoredWeight stored{
        .type = GGML_TYPE_F32, .shape = {32, 1, 1, 1}, .data = std::as_bytes(std::span(values))};
    return convert_rows("tensor 'w'", stored, type, 0, 1);
  };
  EXPECT_TRUE(convert(1e30F, GGML_TYPE_BF16).has_value());
  EXPECT_EQ(convert(1e30F, GGML_TYPE_F16).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(convert(1e30F, GGML_TYPE_Q8_0).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(convert(NAN, GGML_TYPE_F32).error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(convert(INFINITY, GGML_TYPE_Q4_0).error().kind, ErrorKind::kBadFile);
}

}  // namespace
}  // namespace orpheus::convert
