#include "base/parse_number.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

TEST(ParseNumber, TakesIntegersThatFit) {
  EXPECT_EQ(parse_number<int>("0"), 0);
  EXPECT_EQ(parse_number<int>("-7"), -7);
  EXPECT_EQ(parse_number<int>("010"), 10);
  EXPECT_EQ(parse_number<uint64_t>("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "0x10", "x", "1e3", "2147483648"})
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
  EXPECT_EQ(parse_number<uint64_t>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<uint64_t>("18446744073709551616"), std::nullopt);
}

TEST(ParseNumber, TakesFiniteRealNumbers) {
  EXPECT_EQ(parse_number<double>("0.25"), 0.25);
  EXPECT_EQ(parse_number<double>("-3"), -3.0);
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  EXPECT_EQ(parse_number<double>(".5"), 0.5);
  EXPECT_EQ(parse_number<double>("5."), 5.0);
  EXPECT_EQ(parse_number<float>("0.6"), 0.6F);
  for (const char* text : {"", " 1", "1 ", "+1", "0,5", "nan", "inf", "-inf", "0x1p3", "1e999",
                           "1e-400", "1e", "e1", ".", "-", "1.2.3", "1-2"})
    EXPECT_EQ(parse_number<double>(text), std::nullopt) << text;
}

}  // namespace
}  // namespace orpheus
