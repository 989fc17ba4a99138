#include "http/json_text.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

constexpr int kDepth = 8;

// A random row of JSON's tokens; some rows are JSON.
std::string any_text(std::mt19937& random) {
  constexpr std::array kWords = {"{",
                                 "}",
                                 "[",
                                 "]",
                                 ",",
                                 ":",
                                 "\"a\"",
                                 "\"\"",
                                 "1",
                                 "-0",
                                 "0",
                                 "1.5",
                                 "1e3",
                                 "2E-2",
                                 "01",
                                 "1.",
                                 ".5",
                                 "-",
                                 "1e",
                                 "true",
                                 "false",
                                 "null",
                                 "nul",
                                 " ",
                                 "\n",
                                 "\t",
                                 "\"\\n\"",
                                 "\"\\u00e9\"",
                                 "\"\\ud83d\\ude00\"",
                                 "\"\\x\"",
                                 "\"\x01\"",
                                 "\"",
                                 "\\",
                                 "1e308",
                                 "1e309",
                                 "\"é\"",
                                 "\r",
                                 "\v",
                                 "'"};
  std::string text;
  for (auto count = random() % 12; count > 0; --count) text += kWords[random() % kWords.size()];
  return text;
}

// A random value of JSON, with blanks between its tokens.
std::string any_value(std::mt19937& random, int depth) {
  const auto blank = [&] { return std::string(random() % 3 == 0 ? " \n" : ""); };
  const auto list = [&](bool named) {
    std::string all;
    for (auto count = random() % 4; count > 0; --count) {
      const std::string name =
          named ? blank() + "\"k" + std::to_string(count) + "\"" + blank() + ":" : "";
      all += (all.empty() ? "" : ",") + name + any_value(random, depth - 1);
    }
    return all;
  };
  constexpr std::array kPlain = {
      "1", "-2.5e3", "true", "null", "\"\"", "\"a\\\"]}\"", "\"\\u4e16\\n\\/\"", "\"[{\"", "0.0"};
  const auto kind = random() % (depth > 0 ? 4 : 2);
  const std::string value = kind == 2   ? "[" + list(false) + blank() + "]"
                            : kind == 3 ? "{" + list(true) + blank() + "}"
                                        : kPlain[random() % kPlain.size()];
  return blank() + value + blank();
}

Json built(std::string_view value) {
  value = trim_json(value);
  if (value.starts_with('"')) return unescape_json(value);
  if (value.starts_with('{')) {
    Json object = Json::object();
    visit_members(value, [&](std::string_view name, std::string_view member) {
      object[unescape_json(name)] = built(member);
      return true;
    });
    return object;
  }
  if (value.starts_with('[')) {
    Json array = Json::array();
    visit_elements(value, [&](std::string_view element) {
      array.push_back(built(element));
      return true;
    });
    return array;
  }
  return Json::parse(value);
}

// Guards against: the check accepts a text that is not JSON, or refuses JSON. nlohmann::json
// decides.
TEST(JsonText, IsFaultyWhereAnotherReaderSaysSo) {
  std::mt19937 random(1);  // NOLINT: the same texts in every run
  int num_good = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = any_text(random);
    const bool is_good = Json::accept(text);
    num_good += is_good ? 1 : 0;
    ASSERT_EQ(!find_json_fault(text, kDepth), is_good) << text;
  }
  EXPECT_GT(num_good, 1000);
}

TEST(JsonText, ItsValuesAreThoseOfAnotherReader) {
  std::mt19937 random(2);  // NOLINT: the same texts in every run
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = any_value(random, 4);
    ASSERT_FALSE(find_json_fault(text, kDepth)) << text;
    ASSERT_EQ(built(text), Json::parse(text)) << text;
  }
}

// Guards against: the check reads beyond the end of the text.
TEST(JsonText, EndsAnywhere) {
  const std::string text = R"( {"a\u00e9\ud83d\ude00": [1.5e-3, true, {"b": null}, "\n"]} )";
  ASSERT_FALSE(find_json_fault(text, kDepth));
  for (size_t end = 0; end + 1 < text.size(); ++end) {
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<ptrdiff_t>(end));
    const auto fault = find_json_fault({cut.data(), cut.size()}, kDepth);
    ASSERT_TRUE(fault.has_value()) << end;
    EXPECT_LE(fault->offset, end);
    EXPECT_EQ(fault->kind, JsonFault::Kind::kSyntax);
  }
}

TEST(JsonText, SaysWhereItsFaultIs) {
  EXPECT_EQ(find_json_fault("{\"a\": tru}", kDepth)->offset, 6U);
  EXPECT_EQ(find_json_fault("[1, 2", kDepth)->offset, 5U);
  EXPECT_EQ(find_json_fault("{} x", kDepth)->offset, 3U);
  EXPECT_FALSE(find_json_fault("[[1]]", 2));
  const auto deep = find_json_fault("[[[1]]]", 2);
  ASSERT_TRUE(deep.has_value());
  EXPECT_EQ(deep->kind, JsonFault::Kind::kTooDeep);
  EXPECT_EQ(deep->offset, 2U);
}

TEST(JsonText, NumbersFitADouble) {
  const std::string many(100'000, '9');
  for (const std::string& number :
       {std::string("1e308"), std::string("-1.7976931348623157e308"), "0." + many,
        "0.0" + many + "e308", std::string("0e999999999999999999999"),
        std::string("1e-999999999999999999999"), std::string("123456789e300"),
        std::string("0.00001e313"), "1" + std::string(308, '0')}) {
    EXPECT_FALSE(find_json_fault(number, kDepth)) << number.substr(0, 40);
    EXPECT_TRUE(Json::accept(number)) << number.substr(0, 40);
  }
  for (const std::string& number :
       {std::string("1e309"), std::string("-1.8e308"), std::string("1.79769313486231581e308"), many,
        std::string("1e999999999999999999999"), std::string("0.00001e314"), std::string("123e307"),
        "1" + std::string(309, '0')}) {
    EXPECT_TRUE(find_json_fault(number, kDepth)) << number.substr(0, 40);
    EXPECT_FALSE(Json::accept(number)) << number.substr(0, 40);
  }
}

TEST(JsonText, HalfAPairIsTheReplacementCharacter) {
  EXPECT_EQ(unescape_json(R"("\ud800")"), "\uFFFD");
  EXPECT_EQ(unescape_json(R"("\udc00\ud83d\ude00\ud83d")"), "\uFFFD\U0001F600\uFFFD");
  EXPECT_EQ(unescape_json(R"("\ud83d\n")"), "\uFFFD\n");
  EXPECT_EQ(unescape_json(R"("\u007f\u0080\u07ff\u0800\uffff")"), "\x7f\u0080\u07ff\u0800\uffff");
}

}  // namespace
}  // namespace orpheus::http
