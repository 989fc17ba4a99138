#include "http/byte_range.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

std::string read(std::optional<std::string_view> header, uint64_t file_bytes = 100) {
  const RangeAnswer answer = parse_range(header, file_bytes);
  if (std::holds_alternative<Unsatisfiable>(answer)) return "416";
  const auto* range = std::get_if<ByteRange>(&answer);
  return range == nullptr ? "all"
                          : std::to_string(range->first) + "+" + std::to_string(range->count);
}

TEST(ByteRange, IsReadAsTheSpecificationSays) {
  EXPECT_EQ(read(std::nullopt), "all");
  EXPECT_EQ(read("bytes=0-"), "0+100");
  EXPECT_EQ(read("bytes=0-0"), "0+1");
  EXPECT_EQ(read("bytes=10-19"), "10+10");
  EXPECT_EQ(read("bytes=90-1000"), "90+10");
  EXPECT_EQ(read("bytes=-10"), "90+10");
  EXPECT_EQ(read("bytes=-1000"), "0+100");
  EXPECT_EQ(read("bytes=100-"), "416");
  EXPECT_EQ(read("bytes=-0"), "416");
  EXPECT_EQ(read("bytes=0-", 0), "416");
}

TEST(ByteRange, WhatIsNotUnderstoodIsEverything) {
  for (const char* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-0", "items=0-1", "bytes=0-1,5-6",
        "bytes=99999999999999999999-", "bytes=1--2", "bytes=+1-2", "bytes= 1-2", "bytes=0-x"}) {
    EXPECT_EQ(read(header), "all") << header;
  }
}

}  // namespace
}  // namespace orpheus::http
