#include "http/request.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

TEST(Request, FindsAHeaderInAnyCaseOfLetters) {
  Request request;
  request.headers = {{"Content-Type", "a"}, {"content-type", "b"}, {"X", ""}};
  EXPECT_EQ(request.header("CONTENT-TYPE"), "a");
  EXPECT_EQ(request.header("x"), "");
  EXPECT_EQ(request.header("Content"), std::nullopt);
}

TEST(Request, SaysThatItIsTheLastTry) {
  const auto is_last = [](const char* count) {
    Request request;
    request.headers = {{"x-stainless-retry-count", count}};
    return is_last_try(request);
  };
  EXPECT_FALSE(is_last_try({}));
  for (const char* count : {"0", "1", "", "two", "-2", "99999999999999999999", "2 "})
    EXPECT_FALSE(is_last(count)) << count;
  for (const char* count : {"2", "3", "10"}) EXPECT_TRUE(is_last(count)) << count;
}

TEST(Target, IsSplitAtItsFirstQuestionMark) {
  const auto expect = [](std::string_view target, std::string_view path, std::string_view query) {
    const Target split = parse_target(target);
    EXPECT_EQ(split.path, path) << target;
    EXPECT_EQ(split.query, query) << target;
  };
  expect("/a/b", "/a/b", "");
  expect("/a?b=c?d", "/a", "b=c?d");
  expect("/a?", "/a", "");
  expect("*", "*", "");
  expect("http://host:1/a?b", "/a", "b");
  expect("http://host", "/", "");
  expect("http://host?a", "/", "a");
  EXPECT_EQ(parse_target("http://host:1/a?b").authority, "host:1");
  EXPECT_EQ(parse_target("http:///a").authority, "");
  EXPECT_EQ(parse_target("/a?http://host").authority, std::nullopt);
  expect("/a://b", "/a://b", "");
  expect("", "", "");
}

TEST(RequestId, KeepsAPlainNameAndReplacesAnythingElse) {
  EXPECT_EQ(request_id("job-7_a.B"), "job-7_a.B");
  for (const std::string& odd :
       {std::string(), std::string("a b"), std::string("a\r\nX: y"), std::string(65, 'a')}) {
    EXPECT_TRUE(request_id(odd).starts_with("req_")) << odd;
  }
  EXPECT_NE(request_id(std::nullopt), request_id(std::nullopt));
  EXPECT_EQ(request_id(std::nullopt).size(), 28U);
}

}  // namespace
}  // namespace orpheus::http
