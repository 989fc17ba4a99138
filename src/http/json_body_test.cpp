#include "http/json_body.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace orpheus::http {
namespace {

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(JsonBody, RefusesWhatIsNoJsonObject) {
  const std::vector<std::string> bodies = {"",
                                           " ",
                                           "null",
                                           "[]",
                                           "3",
                                           "\"a\"",
                                           "{",
                                           "{]",
                                           "{\"a\":}",
                                           "{\"a\":1,}",
                                           "{'a':1}",
                                           "{\"a\":1} x",
                                           "{\"a\":1e999}",
                                           "{\"a\":NaN}",
                                           "{\"a\":\"\xff\"}",
                                           "\xff",
                                           "{\"\xc0\xaf\":1}",
                                           "{\"a\":\"\n\"}",
                                           std::string("\0", 1)};
  for (const std::string& body : bodies) {
    const auto parsed = JsonBody::parse(body);
    ASSERT_FALSE(parsed.has_value()) << body;
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().code, "invalid_json");
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

TEST(JsonBody, SaysWhereBytesAreNotUtf8) {
  EXPECT_NE(JsonBody::parse("{\"a\":\"\xff\"}").error().message.find("byte 6"), std::string::npos);
}

TEST(JsonBody, NestsToADepthAndNoFurther) {
  const std::string deepest = repeat("{\"a\":", 63) + "[1]" + repeat("}", 63);
  EXPECT_TRUE(JsonBody::parse(deepest).has_value());
  for (const int depth : {65, 10'000, 200'000}) {
    for (const std::string& body :
         {"{\"a\":" + repeat("[", depth) + repeat("]", depth) + "}",
          repeat("{\"a\":", depth) + "1" + repeat("}", depth), repeat("[", depth)}) {
      const auto parsed = JsonBody::parse(body);
      ASSERT_FALSE(parsed.has_value()) << depth;
      EXPECT_NE(parsed.error().message.find("nested"), std::string::npos);
    }
  }
}

TEST(JsonBody, ReadsEachKind) {
  auto body = JsonBody::parse(
      R"({"s": "x", "id": {"id": "y"}, "n": 1.5, "w": -3, "big": 18446744073709551615, "z": null})");
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->text("s"), "x");
  EXPECT_EQ(body->text_or_id("s"), "x");
  EXPECT_EQ(body->text_or_id("id"), "y");
  EXPECT_EQ(body->number("n", 0, 2), 1.5);
  EXPECT_EQ(body->number("w", -5, 5), -3);
  EXPECT_EQ(body->whole_number("w", -5, 5), -3);
  EXPECT_EQ(body->text("z"), std::nullopt);
  EXPECT_EQ(body->text("absent"), std::nullopt);
  EXPECT_EQ(body->error(), std::nullopt);
}

TEST(JsonBody, RemembersTheFirstThingThatIsWrong) {
  auto body = JsonBody::parse(R"({"a": 1, "b": "x"})");
  EXPECT_EQ(body->text("a"), std::nullopt);
  EXPECT_EQ(body->number("b", 0, 1), std::nullopt);
  ASSERT_TRUE(body->error().has_value());
  EXPECT_EQ(body->error()->param, "a");
  EXPECT_EQ(body->error()->code, "invalid_type");
  EXPECT_EQ(body->error()->message, "a has the wrong type (expected a string, found the number 1)");
}

TEST(JsonBody, NumbersStayWithinTheirBounds) {
  const auto code_of = [](const std::string& number) {
    const std::string text = "{\"n\": " + number + "}";
    auto body = JsonBody::parse(text);
    EXPECT_EQ(body->whole_number("n", 0, INT64_MAX), std::nullopt);
    return body->error() ? body->error()->code : "";
  };
  EXPECT_EQ(code_of("-1"), "invalid_value");
  EXPECT_EQ(code_of("9223372036854775808"), "invalid_value");
  EXPECT_EQ(code_of("18446744073709551615"), "invalid_value");
  EXPECT_EQ(code_of("1.5"), "invalid_type");
  EXPECT_EQ(code_of("\"1\""), "invalid_type");
  EXPECT_EQ(code_of("99999999999999999999999"), "invalid_type");
  auto body = JsonBody::parse(R"({"n": 2.5})");
  EXPECT_EQ(body->number("n", 0, 2), std::nullopt);
  EXPECT_EQ(body->error()->message, "n is out of range (expected 0 … 2, found 2.5)");
}

TEST(JsonBody, OfAKeyThatComesTwiceTheLastCounts) {
  auto body = JsonBody::parse(R"({"a": "x", "b": 1, "\u0061": "y", "b": null})");
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->text("a"), "y");
  EXPECT_EQ(body->number("b", 0, 2), std::nullopt);
  EXPECT_EQ(body->all_as_text(), (std::map<std::string, std::string>{{"a", "y"}}));
  EXPECT_EQ(body->error(), std::nullopt);
}

TEST(JsonBody, ReadsArraysAndObjects) {
  auto body = JsonBody::parse(
      R"({"n": [ 1 , -2, 0 ], "none": [], "bad": [1, 1.5], "t": {"k\n": "v", "l": ""}, "u": {"k": 1}})");
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->whole_numbers("n", -2, 1, 9), (std::vector<int32_t>{1, -2, 0}));
  EXPECT_EQ(body->whole_numbers("n", -2, 1, 2), (std::vector<int32_t>{1, -2}));
  EXPECT_EQ(body->whole_numbers("none", 0, 1, 9), std::vector<int32_t>{});
  EXPECT_EQ(body->texts("t", 2), (std::map<std::string, std::string>{{"k\n", "v"}, {"l", ""}}));
  EXPECT_EQ(body->error(), std::nullopt);
  EXPECT_EQ(body->whole_numbers("n", -1, 1, 9), std::nullopt);
  ASSERT_TRUE(body->error().has_value());
  EXPECT_EQ(body->error()->param, "n");
  for (const char* key : {"bad", "t"}) EXPECT_EQ(body->whole_numbers(key, 0, 9, 9), std::nullopt);
  for (const char* key : {"n", "u"}) EXPECT_TRUE(body->texts(key, 9).empty());
  EXPECT_TRUE(body->texts("t", 1).empty());
}

// Guards against: a request costs the server many times its own bytes.
TEST(JsonBody, BoundsKeysAndDigits) {
  const auto of_keys = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return text + "}";
  };
  EXPECT_TRUE(JsonBody::parse(std::string_view(of_keys(1000))).has_value());
  const auto many = JsonBody::parse(std::string_view(of_keys(1001)));
  ASSERT_FALSE(many.has_value());
  EXPECT_NE(many.error().message.find("more than 1000 keys"), std::string::npos);

  const std::string text = "{\"n\": 0." + repeat("1", 100'000) + "}";
  auto body = JsonBody::parse(text);
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->number("n", 0, 1), std::nullopt);
  ASSERT_TRUE(body->error().has_value());
  EXPECT_LT(body->error()->message.size(), 200U);
}

TEST(JsonBody, AByteOrderMarkIsNoFault) {
  EXPECT_TRUE(JsonBody::parse("\xef\xbb\xbf{\"a\": 1}").has_value());
  EXPECT_FALSE(JsonBody::parse("\xef\xbb\xbf").has_value());
}

TEST(Excerpt, CutsBetweenLetters) {
  EXPECT_EQ(excerpt("short"), "'short'");
  const std::string cut = excerpt("a" + repeat("世", 1000));
  EXPECT_LT(cut.size(), 70U);
  EXPECT_EQ(find_invalid_utf8(cut), std::nullopt);
}

// Guards against: half an emoji at the end of a cut text makes the server refuse it.
TEST(JsonBody, ALoneSurrogateIsTheReplacementCharacter) {
  const auto text_of = [](const std::string& escaped) {
    const std::string sent = "{\"a\": \"" + escaped + "\"}";
    auto body = JsonBody::parse(sent);
    return body ? body->text("a").value_or("(none)") : body.error().message;
  };
  EXPECT_EQ(text_of("x\\ud800"), "x\uFFFD");
  EXPECT_EQ(text_of("\\uDC00y"), "\uFFFDy");
  EXPECT_EQ(text_of("\\ud83d\\ud83d\\ude00"), "\uFFFD\U0001F600");
  EXPECT_EQ(text_of("\\ud83d\\u0041"), "\uFFFDA");
  EXPECT_EQ(text_of("\\ud83dA\\ude00"), "\uFFFDA\uFFFD");
  EXPECT_EQ(text_of("\\ud83d\\ude00"), "\U0001F600");
  EXPECT_EQ(text_of("\\\\ud800"), "\\ud800");  // a backslash, and letters
  EXPECT_EQ(text_of("\\n\\\"\\ud800\\\\"), "\n\"\uFFFD\\");
  EXPECT_FALSE(JsonBody::parse("{\"a\": \"\\ud8").has_value());
  EXPECT_FALSE(JsonBody::parse("{\"a\": \"\\").has_value());
}

TEST(JsonBody, CompressionIsNamedAsSuch) {
  for (const auto& [start, name] :
       std::vector<std::pair<std::string, std::string>>{{"\x1f\x8b\x08", "gzip"},
                                                        {"x\x9c", "zlib"},
                                                        {"x\x01", "zlib"},
                                                        {"\x28\xb5\x2f\xfd", "zstd"}}) {
    const std::string text = start + " and more";
    const auto body = JsonBody::parse(text);
    ASSERT_FALSE(body.has_value()) << name;
    EXPECT_EQ(body.error().status, 415) << name;
    EXPECT_NE(body.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace orpheus::http
