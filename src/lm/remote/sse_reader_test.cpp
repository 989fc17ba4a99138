#include "lm/remote/sse_reader.h"

#include <vector>

#include <gtest/gtest.h>

#include "lm/remote/token_scanner.h"

namespace orpheus::remote {
namespace {

// All events of a stream that arrives in portions of this size.
std::vector<std::string> events_of(std::string_view bytes, size_t portion) {
  SseReader reader;
  std::vector<std::string> events;
  const auto keep = [&](std::string_view data) {
    events.emplace_back(data);
    return true;
  };
  for (size_t i = 0; i < bytes.size(); i += portion)
    EXPECT_EQ(reader.push(bytes.substr(i, portion), keep), SseReader::Outcome::kGoOn);
  reader.finish(keep);
  return events;
}

TEST(SseReader, GivesTheSameEventsHoweverTheBytesArrive) {
  const std::string stream =
      "\xEF\xBB\xBF: a comment\r\n\r\nevent: x\r\ndata: one\r\n\r\n"
      "data:two\ndata: lines\nid: 7\nretry: 10\n\n\n: ping\n\n"
      "data\rdata: \r\rignored\n\ndata:  [DONE]\n\nerror: {}\n\nerrors: none\n\ndata: no blank "
      "line";
  const std::vector<std::string> expected = {"one",     "two\nlines", "\n",
                                             " [DONE]", "{}",         "no blank line"};
  for (size_t portion = 1; portion <= stream.size(); ++portion)
    EXPECT_EQ(events_of(stream, portion), expected) << portion;
}

TEST(SseReader, StopsWhenTheSinkHasEnough) {
  SseReader reader;
  int num_events = 0;
  EXPECT_EQ(reader.push("data: a\n\ndata: b\n\n",
                        [&](std::string_view) {
                          ++num_events;
                          return false;
                        }),
            SseReader::Outcome::kStopped);
  EXPECT_EQ(num_events, 1);
}

TEST(SseReader, AnEventWithoutEndFillsNoMemory) {
  for (const char* portion : {"xxxxxxxxxxxxxxxx", "data: xxxxxxxxx\n"}) {
    SseReader reader;
    SseReader::Outcome outcome = SseReader::Outcome::kGoOn;
    size_t num_bytes = 0;
    while (outcome == SseReader::Outcome::kGoOn && num_bytes < 4 * SseReader::kMaxEventBytes) {
      outcome = reader.push(portion, [](std::string_view) { return true; });
      num_bytes += 16;
    }
    EXPECT_EQ(outcome, SseReader::Outcome::kTooLong) << portion;
  }
}

TEST(TokenScanner, FindsTokensHoweverTheTextIsCut) {
  const std::string text =
      " <custom_token_10><custom_token_4106> x<custom_token_>\n<custom_<custom_token_7>"
      "<custom_token_12345678><custom_token_1 2><laugh><custom_token_28681>";
  for (size_t portion = 1; portion <= text.size(); ++portion) {
    TokenScanner scanner;
    std::vector<prompt::Token> found;
    for (size_t i = 0; i < text.size(); i += portion) {
      scanner.push(text.substr(i, portion), [&](prompt::Token number) {
        found.push_back(number);
        return true;
      });
    }
    EXPECT_EQ(found, (std::vector<prompt::Token>{10, 4106, 7, 28681})) << portion;
    EXPECT_GT(scanner.num_strays(), 20U);
  }
}

}  // namespace
}  // namespace orpheus::remote
