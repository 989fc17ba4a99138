#include "base/log.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/log_sink.h"

namespace orpheus::log {
namespace {

const Fields kFields = {{"method", "GET"},
                        {"status", int64_t{200}},
                        {"voice", ""},
                        {"text", "a \"b\"=\\c\n\x1b[31m\xff"}};

TEST(Log, TellsFieldsAsText) {
  EXPECT_EQ(rest_of_line(Format::kText, "request", kFields),
            "request method=GET status=200 voice=\"\" "
            "text=\"a \\\"b\\\"=\\\\c\uFFFD\uFFFD[31m\uFFFD\"");
}

TEST(Log, TellsFieldsAsJson) {
  EXPECT_EQ(rest_of_line(Format::kJson, "request", kFields),
            "\"message\":\"request\",\"method\":\"GET\",\"status\":200,\"voice\":\"\","
            "\"text\":\"a \\\"b\\\"=\\\\c\uFFFD\uFFFD[31m\uFFFD\"");
}

// Guards against: text from a client, a file or a library splits a log line in two.
TEST(Log, ALineStaysOne) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line =
        rest_of_line(format, "one\ntwo\r\u2028three\x7f", {{"path", "/a\n2026 error gone"}});
    EXPECT_EQ(line.find_first_of("\n\r\x7f"), std::string::npos) << line;
    EXPECT_EQ(line.find("\u2028"), std::string::npos) << line;
  }
}

// Guards against: the library writes to its host's stderr, or replaces the host's own logger.
TEST(Log, GoesToAHostThatAsksAndLeavesTheProcessesLoggerAlone) {
  struct Line {
    Level level;
    std::string text;
    bool operator==(const Line&) const = default;
  };
  ::testing::internal::CaptureStderr();
  const auto before = spdlog::default_logger();
  warn("nobody asked for {}", "this");
  std::vector<Line> lines;
  send_to(Level::kInfo, [&](Level level, std::string_view line) {
    lines.push_back({level, std::string(line)});
  });
  debug("below the level");
  info("{} + {}", 1, 2);
  error("wrong");
  send_to(Level::kInfo, {});
  warn("nobody asks any more");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(spdlog::default_logger(), before);
  const std::vector<Line> expected = {{Level::kInfo, "1 + 2"}, {Level::kError, "wrong"}};
  EXPECT_EQ(lines, expected);

  ::testing::internal::CaptureStderr();
  start({.level = Level::kWarning});
  warn("to stderr");
  send_to(Level::kInfo, {});
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("to stderr"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::log
