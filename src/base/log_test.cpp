#include "base/log.h"

#include <gtest/gtest.h>

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

// Guards against a line that a client, a file or a library breaks in two.
TEST(Log, ALineStaysOne) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line =
        rest_of_line(format, "one\ntwo\r\u2028three\x7f", {{"path", "/a\n2026 error gone"}});
    EXPECT_EQ(line.find_first_of("\n\r\x7f"), std::string::npos) << line;
    EXPECT_EQ(line.find("\u2028"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace orpheus::log
