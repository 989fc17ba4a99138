#include "wyoming/event.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wyoming/testing/received.h"

namespace orpheus::wyoming {
namespace {

std::vector<Event> read_all(EventReader& reader) {
  std::vector<Event> events;
  while (auto event = reader.next()) {
    if (!*event) break;
    events.push_back(**event);
  }
  return events;
}

TEST(EventReader, ReadsDataInTheLineAndBehindIt) {
  EventReader reader;
  reader.push("{\"type\":\"describe\"}\n");
  reader.push("{\"type\":\"synthesize\",\"data\":{\"text\":\"Hello.\"}}\r\n");
  reader.push(event_bytes("synthesize", {{"text", "Good day."}}));
  reader.push("{\"type\":\"ping\",\"data_length\":null,\"payload_length\":0}\n");
  EXPECT_EQ(read_all(reader), (std::vector<Event>{{"describe", "{}"},
                                                  {"synthesize", "{\"text\":\"Hello.\"}"},
                                                  {"synthesize", "{\"text\":\"Good day.\"}"},
                                                  {"ping", "{}"}}));
  EXPECT_FALSE(reader.is_within_event());
}

// The reference implementation updates the line's object with the one behind it.
TEST(EventReader, DataBehindTheLineReplacesThatOfTheLine) {
  EventReader reader;
  const std::string behind = "{\"b\" : [3], \"\\u0063\":{} }";
  reader.push("{\"type\":\"ping\",\"data\":{\"a\":1,\"b\":2},\"data_length\":" +
              std::to_string(behind.size()) + "}\n" + behind + "x");
  const auto event = reader.next();
  ASSERT_TRUE(event && *event);
  const auto data = nlohmann::json::parse((*event)->data);
  EXPECT_EQ(data, (nlohmann::json{{"a", 1}, {"b", {3}}, {"c", nlohmann::json::object()}}));
}

// Guards against: an event is lost, or read twice, where the network divides its bytes.
TEST(EventReader, EventsDoNotDependOnTheDivisionOfTheirBytes) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes += event_bytes("synthesize-chunk", {{"text", std::string(static_cast<size_t>(i), 'a')}});
    bytes += "{\"type\":\"audio-chunk\",\"payload_length\":" + std::to_string(i) + "}\n" +
             std::string(static_cast<size_t>(i), '\n');
  }
  EventReader whole;
  whole.push(bytes);
  const auto expected = read_all(whole);
  ASSERT_EQ(expected.size(), 40U);
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    EventReader reader;
    std::vector<Event> events;
    for (size_t at = 0; at < bytes.size();) {
      const size_t count = std::uniform_int_distribution<size_t>(1, 1 + random() % 60)(random);
      reader.push(std::string_view(bytes).substr(at, count));
      at += count;
      for (const Event& event : read_all(reader)) events.push_back(event);
    }
    ASSERT_EQ(events, expected);
    ASSERT_FALSE(reader.is_within_event());
  }
}

TEST(EventReader, BytesThatAreNoEventsAreAnErrorAndNothingFollows) {
  struct Case {
    std::string bytes;
    int status;
  };
  const std::vector<Case> cases = {
      {"\n", 400},
      {"GET / HTTP/1.1\r\n", 400},
      {"[]\n", 400},
      {"{\"type\":3}\n", 400},
      {"{\"data\":{}}\n", 400},
      {"{\"type\":\"x\",\"data\":[]}\n", 400},
      {"{\"type\":\"x\",\"data_length\":-1}\n", 400},
      {"{\"type\":\"x\",\"data_length\":1.5}\n", 400},
      {"{\"type\":\"x\",\"data_length\":\"2\"}\n{}", 400},
      {"{\"type\":\"ping\",\"data\":{},\"data_length\":2}\n[]", 400},
      {"{\"type\":\"ping\",\"data\":{},\"data_length\":2}\n{x", 400},
      {"{\"type\":\"\xff\"}\n", 400},
      {"{\"type\":\"x\",\"data_length\":1048577}\n", 413},
      {"{\"type\":\"x\",\"payload_length\":1048577}\n", 413},
      {"{\"type\":\"x\",\"payload_length\":1e300}\n", 400},
      {std::string(65537, ' '), 413},
      {std::string(65537, ' ') + "\n", 413},
  };
  for (const Case& one : cases) {
    EventReader reader;
    reader.push(one.bytes);
    const auto event = reader.next();
    ASSERT_FALSE(event) << one.bytes.substr(0, 80);
    EXPECT_EQ(event.error().status, one.status) << event.error().message;
    EXPECT_FALSE(event.error().message.empty());
    reader.push("{\"type\":\"ping\"}\n");
    const auto next = reader.next();
    EXPECT_TRUE(next && !*next);
  }
}

// Guards against: data that nobody reads is parsed, or kept until it is whole.
TEST(EventReader, DataOfOtherServicesIsSkippedUnread) {
  EventReader reader(limits_for_texts(100));
  for (int i = 0; i < 2; ++i) {
    reader.push("{\"type\":\"transcript\",\"data_length\":1000000,\"payload_length\":3}\n");
    reader.push(std::string(1'000'000, '['));
    EXPECT_TRUE(read_all(reader).empty());
    EXPECT_TRUE(reader.is_within_event());
    reader.push("abc{\"type\":\"ping\"}\n");
    EXPECT_EQ(read_all(reader), (std::vector<Event>{{"transcript", "{}"}, {"ping", "{}"}}));
    EXPECT_FALSE(reader.is_within_event());
  }
}

// Guards against: a text that the server's limit allows is refused for the length of its JSON, or a
// client lets the server parse much more than a text needs.
TEST(EventReader, DataMayBeAsLongAsTheLongestTextNeeds) {
  for (const size_t most : {size_t{100}, size_t{32768}}) {
    std::string escaped;
    for (size_t i = 0; i < most; ++i) escaped += "\\ud83d\\ude00";
    const std::string data = "{\"text\":\"" + escaped + "\"}";
    EventReader reader(limits_for_texts(most));
    reader.push("{\"type\":\"synthesize\",\"data_length\":" + std::to_string(data.size()) + "}\n" +
                data);
    EXPECT_EQ(read_all(reader), (std::vector<Event>{{"synthesize", data}}));
    reader.push("{\"type\":\"synthesize\",\"data_length\":" + std::to_string(data.size() + 20'000) +
                "}\n");
    const auto refused = reader.next();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 413);
  }
  EXPECT_EQ(limits_for_texts(~size_t{0}).data_bytes, size_t{1} << 20U);
}

// Guards against: a client that announces much and sends it slowly costs time or memory in square.
TEST(EventReader, LongPartsMayComeByteByByte) {
  EventReader reader;
  const std::string bytes = "{" + std::string(60'000, ' ') +
                            "\"type\":\"x\",\"payload_length\":1000000}\n" +
                            std::string(1'000'000, 'x') + "{\"type\":\"ping\"}\n";
  std::vector<Event> events;
  for (const char byte : bytes) {
    reader.push({&byte, 1});
    for (const Event& event : read_all(reader)) events.push_back(event);
  }
  EXPECT_EQ(events, (std::vector<Event>{{"x", "{}"}, {"ping", "{}"}}));
}

TEST(AppendEvent, WritesWhatAClientReads) {
  std::vector<std::byte> bytes;
  const std::vector<std::byte> payload(5, std::byte{10});
  append_event("audio-chunk", "{\"rate\":24000}", payload, bytes);
  append_event("synthesize-stopped", {}, {}, bytes);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto chunk = take_received(text);
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->type, "audio-chunk");
  EXPECT_EQ(chunk->data["rate"], 24000);
  EXPECT_EQ(chunk->payload, "\n\n\n\n\n");
  const auto stopped = take_received(text);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->type, "synthesize-stopped");
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace orpheus::wyoming
