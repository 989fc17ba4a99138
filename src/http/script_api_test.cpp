#include "http/script_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/script_json.h"
#include "http/speech_request.h"
#include "http/text_request.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

TEST(TextKeys, AreReadAndRefusedByName) {
  const auto request = parse_speech_request(
      R"({"input": "a", "input_format": "markdown", "pronunciations": {"GIF": "jif"}, "emoji": "name",
          "cast": {"Leo": "leo"}, "code": false, "thoughts": true, "strict_tags": true})",
      {});
  ASSERT_TRUE(request.has_value()) << request.error().message;
  const speech::Request& speech = request->speech;
  EXPECT_EQ(speech.format, text::markup::Format::kMarkdown);
  ASSERT_NE(speech.lexicon, nullptr);
  EXPECT_EQ(speech.lexicon->entries().front().spoken, "jif");
  EXPECT_EQ(speech.emoji, text::Emoji::kName);
  EXPECT_EQ(speech.markup.cast.at("Leo"), "leo");
  EXPECT_FALSE(speech.markup.says_code);
  EXPECT_FALSE(speech.markup.drops_thoughts);
  EXPECT_TRUE(speech.markup.refuses_unknown_tags);
  for (const auto& [body, key] :
       {std::pair(R"({"input": "a", "input_format": "pdf"})", "input_format"),
        std::pair(R"({"input": "a", "pronunciations": {"a": 1}})", "pronunciations"),
        std::pair(R"({"input": "a", "pronunciations": {"": "b"}})", "pronunciations"),
        std::pair(R"({"input": "a", "cast": "Leo"})", "cast"),
        std::pair(R"({"input": "a", "emoji": "draw"})", "emoji")}) {
    const auto refused = parse_speech_request(body, {});
    ASSERT_FALSE(refused.has_value()) << body;
    EXPECT_EQ(refused.error().param, key);
  }
}

// Offsets that a page can use: JavaScript counts UTF-16 units.
TEST(ScriptJson, SaysWhereEachWordIsWritten) {
  const std::string input = "😀 **Hé** $5.";
  const auto script = speech::write_script({.text = input}, prompt::published_voices(), {}, {});
  ASSERT_TRUE(script.has_value());
  const json written = script_json(*script, input);
  const json& words = written["pieces"][0]["words"];
  ASSERT_EQ(words.size(), 3U) << written.dump();
  EXPECT_EQ(written["spoken"], "Hé five dollars.");
  EXPECT_EQ(words[0], json::parse(R"({"word": "Hé", "begin": 7, "end": 10, "begin_utf16": 5,
                                      "end_utf16": 7})"));
  EXPECT_EQ(words[1]["begin"], 13);
  EXPECT_EQ(words[1]["end"], 15);
}

}  // namespace
}  // namespace orpheus::http
