#include "lm/remote/reply_reader.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::remote {
namespace {

const prompt::TokenLayout kStock;

struct Read {
  std::vector<prompt::Token> tokens;
  Result<void> result;
  int num_dropped = 0;
  bool stopped = false;
};

Read read(const std::string& body, size_t portion = 4096, int max_tokens = 100, int status = 200,
          const char* type = "text/event-stream; charset=utf-8") {
  Read all;
  ReplyReader reader(kStock, {.max_tokens = max_tokens},
                     [&](prompt::Token token) { all.tokens.push_back(token); });
  reader.take_head({.status = status, .headers = {{"Content-Type", type}}});
  for (size_t i = 0; i < body.size() && !all.stopped; i += portion)
    all.stopped = !reader.take(body.substr(i, portion));
  all.result = reader.finish();
  all.num_dropped = reader.num_dropped();
  return all;
}

std::string event(const std::string& text, const char* reason = nullptr) {
  return R"(data: {"choices":[{"text":")" + text + R"(","finish_reason":)" +
         (reason == nullptr ? "null" : "\"" + std::string(reason) + "\"") + "}]}\r\n\r\n";
}

std::string custom(prompt::Token token) {
  return "<custom_token_" + std::to_string(token - 128256) + ">";
}

std::vector<prompt::Token> frames(int count) {
  std::vector<prompt::Token> tokens;
  for (int i = 0; i < 7 * count; ++i) tokens.push_back(kStock.audio_token(i % 7, 100 + i));
  return tokens;
}

TEST(ReplyReader, TheSameTokensHoweverTheyAreCut) {
  const auto expected = frames(3);
  std::string text;
  for (const prompt::Token token : expected) text += custom(token);
  // Tokens split and joined over events of every length, bytes over portions of a few.
  for (size_t length = 1; length < text.size(); length += 5) {
    std::string body = ": hello\r\n\r\n";
    for (size_t i = 0; i < text.size(); i += length) body += event(text.substr(i, length));
    body += R"(data: {"choices":[],"usage":{"prompt_tokens":9}})"
            "\n\n";
    body += "data: [DONE]\n\n";
    for (const size_t portion : {1U, 7U, 100'000U}) {
      const Read all = read(body, portion);
      EXPECT_TRUE(all.result) << all.result.error().message();
      EXPECT_EQ(all.tokens, expected);
      EXPECT_EQ(all.num_dropped, 0);
    }
  }
}

TEST(ReplyReader, EndsAtEndOfSpeechAndAtItsBound) {
  std::string body;
  for (const prompt::Token token : frames(2)) body += event(custom(token));
  const Read stopped = read(body + event("<custom_token_2><custom_token_10>"));
  EXPECT_TRUE(stopped.result && stopped.stopped);
  EXPECT_EQ(stopped.tokens, frames(2));
  std::string longer;
  for (const prompt::Token token : frames(200)) longer += event(custom(token));
  const Read unbounded = read(longer + "data: [DONE]\n\n", 4096, std::numeric_limits<int>::max());
  EXPECT_TRUE(unbounded.result) << unbounded.result.error().message();
  EXPECT_EQ(unbounded.tokens.size(), 1400U);
  const Read bounded = read(body, 4096, 10);
  EXPECT_TRUE(bounded.result && bounded.stopped);
  EXPECT_EQ(bounded.tokens.size(), 10U);
  EXPECT_TRUE(read(body + event("", "stop")).result);
  EXPECT_TRUE(read(event("<custom_token_2>")).result);  // a speech without a sound is none's fault

  const std::string whole =
      R"({"choices":[{"text":")" + custom(128266) + R"(","finish_reason":"stop"}]})";
  const Read in_one = read(whole, 10, 100, 200, "application/json");
  EXPECT_TRUE(in_one.result) << in_one.result.error().message();
  EXPECT_EQ(in_one.tokens, std::vector<prompt::Token>{128266});
}

TEST(ReplyReader, CountsWhatIsDropped) {
  auto tokens = frames(2);
  tokens[9] = kStock.audio_token(5, 1);  // not of its slot: its frame is dropped, up to there
  std::string body;
  for (const prompt::Token token : tokens) body += event(custom(token));
  body += event("<custom_token_7>") + event("", "stop");
  const Read all = read(body);
  EXPECT_TRUE(all.result);
  EXPECT_EQ(all.num_dropped, 8);  // two before it, itself, the four behind it, and the padding
}

// Guards against: a model that begins with a few other tokens is refused, or one that sends nothing
// else is read for ever.
TEST(ReplyReader, TakesOtherTokensCharactersAndEventsUpToTheirBounds) {
  constexpr int kMostTokens = 200;
  constexpr int kMostCharacters = 2000;
  constexpr int kMostEvents = 1000 + 4 * 100;
  const std::string speech = event(custom(128266), "stop");
  const auto ids = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i)
      all += R"(data: {"content":"","tokens":[1]})"
             "\n\n";
    return all;
  };
  EXPECT_TRUE(read(ids(kMostTokens) + speech).result);
  EXPECT_EQ(read(ids(kMostTokens + 1) + speech).result.error().kind, ErrorKind::kBadReply);
  const auto characters = [](int count) {
    return event(std::string(static_cast<size_t>(count), 'x'));
  };
  EXPECT_TRUE(read(characters(kMostCharacters) + speech).result);
  const Read chatter = read(characters(kMostCharacters + 1) + speech);
  EXPECT_EQ(chatter.result.error().kind, ErrorKind::kBadReply);
  EXPECT_EQ(chatter.result.error().found, "'" + std::string(60, 'x') + "'");
  const auto empty = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += "data: {}\n\n";
    return all;
  };
  EXPECT_TRUE(read(empty(kMostEvents - 1) + speech).result);
  EXPECT_EQ(read(empty(kMostEvents) + speech).result.error().kind, ErrorKind::kBadReply);
}

TEST(ReplyReader, SaysWhatIsWrongWithAnAnswer) {
  const std::string good = event(custom(128266));
  const std::string prose = event("Sure! Here is a poem about the sea.");
  struct Case {
    const char* name;
    Read read;
    ErrorKind kind;
    const char* words;
  };
  std::string chatter;
  for (int i = 0; i < 300; ++i) chatter += prose;
  std::string empty_events;
  for (int i = 0; i < 5000; ++i) empty_events += "data: {}\n\n";
  const std::string bottomless = std::string(500'000, '[') + std::string(500'000, ']');
  const char* json = "application/json";
  const std::vector<Case> cases = {
      {"cut", read(good), ErrorKind::kUnavailable, "ended before"},
      {"empty", read(""), ErrorKind::kUnavailable, "ended before"},
      {"prose", read(prose + "data: [DONE]\n\n"), ErrorKind::kBadReply,
       "has loaded an Orpheus model"},
      {"prose without end", read(chatter), ErrorKind::kBadReply, "Sure! Here is"},
      {"text tokens",
       read(R"(data: {"content":"","tokens":[1,2],"stop":true})"
            "\n\n"),
       ErrorKind::kBadReply, "no audio"},
      {"tokens without a text", read(event("") + event("") + event("", "length")),
       ErrorKind::kBadReply, "--special"},
      {"events without end", read(empty_events), ErrorKind::kBadReply, "more events than expected"},
      {"garbled", read(good + "data: {\"choi\n\n"), ErrorKind::kBadReply, "is not understood"},
      {"error in the stream", read(good + "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"),
       ErrorKind::kBadReply, "out of memory"},
      {"error without a bottom", read("data: {\"error\":" + bottomless + "}\n\n"),
       ErrorKind::kBadReply, "the server reports an error: [["},
      {"a page", read("<html>", 10, 100, 200, "text/html"), ErrorKind::kBadReply,
       "is not understood"},
      {"a page without end", read(std::string(3U << 20U, 'x'), 65536, 100, 200, "text/html"),
       ErrorKind::kBadReply, "not a stream of tokens"},
      {"unexpected endpoint", read(R"({"error":"Unexpected endpoint"})", 99, 100, 200, json),
       ErrorKind::kBadReply, "Unexpected endpoint"},
      {"400", read(R"({"error":{"message":"too long"}})", 99, 100, 400, json), ErrorKind::kBadReply,
       "too long"},
      {"401", read("{}", 99, 100, 401, json), ErrorKind::kBadReply, "ORPHEUS_API_KEY"},
      {"404", read("", 99, 100, 404, json), ErrorKind::kBadReply, "ORPHEUS_MODEL_NAME"},
      {"500", read("oops", 99, 100, 500, json), ErrorKind::kBadReply, "oops"},
      {"503", read(R"({"error":{"message":"Loading model"}})", 99, 100, 503, json),
       ErrorKind::kUnavailable, "Loading model"},
      {"a proxy's page",
       read("\n<html>\n<head><title>502 Bad\n Gateway</title></head>\n<body>much</body>", 99, 100,
            502, "text/html"),
       ErrorKind::kUnavailable, "not ready: a web page, '502 Bad Gateway' (found status 502)"},
      {"lines", read("no\r\n  way\n", 99, 100, 500, json), ErrorKind::kBadReply, ": no way ("},
      {"429", read("busy", 99, 100, 429, json), ErrorKind::kUnavailable, "busy"},
  };
  for (const Case& one : cases) {
    ASSERT_FALSE(one.read.result) << one.name;
    const Error& error = one.read.result.error();
    EXPECT_EQ(error.kind, one.kind) << one.name << ": " << error.message();
    EXPECT_NE(error.message().find(one.words), std::string::npos)
        << one.name << ": " << error.message();
  }
}

}  // namespace
}  // namespace orpheus::remote
