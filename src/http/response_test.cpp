#include "http/response.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

std::string encoded(std::string_view value) {
  Response response;
  response.set("X", value);
  return response.headers.front().value;
}

TEST(Response, HeadersCarryAnyNameWithoutBreakingTheHead) {
  EXPECT_EQ(encoded("tara"), "tara");
  EXPECT_EQ(encoded("model q8 (my).gguf"), "model q8 (my).gguf");
  EXPECT_EQ(encoded("유"), "%EC%9C%A0");
  EXPECT_EQ(encoded("a\r\nSet-Cookie: b"), "a%0D%0ASet-Cookie: b");
  EXPECT_EQ(encoded(std::string("\0\x7f", 2)), "%00%7F");
  EXPECT_LE(encoded(std::string(100'000, '\n')).size(), 1024U);
}

TEST(Response, SettingAHeaderAgainReplacesIt) {
  Response response = text_response(200, "text/plain", "x");
  response.set("Content-Type", "audio/wav");
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers.front().value, "audio/wav");
}

}  // namespace
}  // namespace orpheus::http
